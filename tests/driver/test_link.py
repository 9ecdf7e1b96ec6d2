"""The limits of linking."""

import pytest

from zyn.driver.link import TooManyPrograms, process_linker
from zyn.driver.load import Engine


def test_too_many_programs_are_refused_before_the_system_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine(baseline=False)
    module = engine.load(b"fn one() i32 { return 1; }", name="last")
    monkeypatch.setattr(process_linker(engine.target), "_links_max", 0)
    with pytest.raises(TooManyPrograms, match="as many as the system has"):
        engine.load(b"fn two() i32 { return 2; }", name="one_more")
    assert module.functions["one"].stub
