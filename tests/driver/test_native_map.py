"""Which statement each piece of machine code was made for.

The law: wherever code names a place of the source, for an error or for a stop, the map gives the
statement that this place is in.
"""

from pathlib import Path

import pytest

from tests.support.generate import Generated
from tests.support.generated import holds_for_programs
from zyn.codegen.x86.calls import Calls
from zyn.driver.image import is_supported
from zyn.driver.load import Engine
from zyn.driver.loaded import LoadedModule
from zyn.driver.loader import Loader

pytestmark = pytest.mark.skipif(
    not is_supported(),
    reason="machine code of our own is for x86-64 Linux; this is another machine",
)

SOURCE = b"""\
fn half(n: i32) i32 {
    return 100 / n;
}

async fn twice(n: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < n) {
        await delay(1);
        total = total + half(i);
        i = i + 1;
    }
    return total;
}
"""


def statements(module: LoadedModule, name: str) -> list[str]:
    """The first line of each statement that code of a function was made for, in order."""
    table = module.functions[name].side_table
    lines = module.data.decode().splitlines()
    return [
        lines[table.probes[part.probe].line].strip() if part.probe >= 0 else "-"
        for part in table.native
    ]


def test_every_statement_has_code() -> None:
    module = Engine().load(SOURCE)

    assert set(statements(module, "half")) == {"-", "return 100 / n;"}
    assert set(statements(module, "twice")) == {
        "-", "var total: i32 = 0;", "var i: i32 = 0;", "while (i < n) {", "await delay(1);",
        "total = total + half(i);", "i = i + 1;", "return total;",
    }  # fmt: skip


def test_an_address_leads_to_its_function_and_statement() -> None:
    module = Engine().load(SOURCE)
    half, twice = module.functions["half"], module.functions["twice"]

    found = [
        module.place_of(module.code_address + part.offset + at)
        for part in half.side_table.native
        for at in (0, part.size - 1)
    ]
    assert {place[0].function for place in found if place} == {"half"}
    assert {place[1].line for place in found if place and place[1]} == {1}
    assert module.place_of(twice.entry) == (twice.side_table, None)
    assert module.place_of(half.stub) is None  # one jump for all builds
    assert module.place_of(module.code_address - 1) is None
    assert module.place_of(0) is None


def test_a_kept_program_has_its_map(tmp_path: Path) -> None:
    first = Loader(cache_dir=tmp_path).load(SOURCE)
    again = Loader(cache_dir=tmp_path).load(SOURCE)

    assert again.code_address != first.code_address
    for name in ("half", "twice"):
        assert again.functions[name].side_table.native
        assert again.functions[name].side_table.native == first.functions[name].side_table.native


def test_what_llvm_makes_has_none() -> None:
    module = Engine(baseline=False).load(SOURCE)

    assert all(not table.native for table in module.side_tables)
    assert module.place_of(module.functions["half"].stub) is None


@holds_for_programs(40)
def test_places_in_code_are_in_their_statements(program: Generated) -> None:
    sites: list[tuple[int, int, int]] = []
    emit = Calls.site

    def site(self: Calls, reg: int, start: int) -> None:
        sites.append((len(self.out), self.index, start))
        emit(self, reg, start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Calls, "site", site)
        module = Engine().load(program.source.encode())

    assert sites
    for position, index, start in sites:
        place = module.place_of(module.code_address + position)
        assert place is not None
        table, probe = place
        unit = module.units[index]
        assert table is module.side_tables[index]
        if probe is None:
            assert start == unit.lowered.function.span.start
        else:
            assert probe.span.start <= start + unit.offset < probe.span.end


@holds_for_programs(20)
def test_ranges_lie_side_by_side(program: Generated) -> None:
    module = Engine().load(program.source.encode())
    end = 0
    for table in module.side_tables:
        assert table.native
        for part in table.native:
            assert part.offset == end
            assert part.size > 0
            end = part.offset + part.size
