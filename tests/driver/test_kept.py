"""Whole programs on disk: the same program comes back, and never an older compiler's."""

import contextlib
import logging
from array import array
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.differential import differences
from tests.support.generate import Generated
from tests.support.generated import holds_for_programs
from tests.support.native import Native
from zyn.base.log import TRACE
from zyn.codegen import Target, emit_module
from zyn.driver import fingerprint, kept
from zyn.driver.elf import Unsuitable, image_of
from zyn.driver.image import PAGE, is_supported
from zyn.driver.load import lower_all
from zyn.driver.loaded import CompileError
from zyn.driver.loader import Loader
from zyn.driver.queries import Document
from zyn.sema.types import (
    BOOL,
    F32,
    F64,
    I32,
    STRING,
    U8,
    VOID,
    ArrayType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
)

pytestmark = pytest.mark.skipif(
    not is_supported(), reason="programs are kept on x86-64 Linux only; this is another machine"
)

SOURCE = b"""const Pair = struct { text: string, number: ?f64 };

fn half(x: i64) i64 { return x / 2; }
fn rest(x: f64) f64 { return x % 3.0; }
fn names() [2]string { return ["one", "two"]; }

async fn pair(x: i64) Pair {
    await delay(5);
    const far = await join([twice(x), twice(half(x))]);
    return Pair{ .text = "sum", .number = rest(0.5) };
}

async fn fail(x: i32) i32 {
    await yield_now(); const why = "by zero"; const unused = why;
    return 1 / x;
}

async fn twice(x: i64) i64 {
    await yield_now();
    return x * 2;
}
"""


def types() -> st.SearchStrategy[Type]:
    """Types that a function can have."""
    names = st.text(min_size=1, max_size=5)

    def larger(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
        fields = st.lists(st.tuples(names, inner), max_size=3).map(tuple)
        return st.one_of(
            inner.map(OptionalType),
            inner.map(PromiseType),
            st.builds(ArrayType, st.integers(0, 9), inner),
            st.builds(StructType, names, fields),
        )

    return st.recursive(st.sampled_from((VOID, BOOL, U8, I32, F32, F64, STRING)), larger)


@given(types())
def test_a_type_comes_back_as_itself(type_: Type) -> None:
    assert kept.thawed(kept.frozen(type_)) is type_


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Once called, nothing is compiled or linked by LLVM any more."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the compiler was asked")

    def begin() -> None:
        monkeypatch.setattr(Loader, "engine", refuse)

    return begin


@pytest.mark.parametrize("baseline", [True, False])
def test_a_kept_program_needs_no_compiler(
    tmp_path: Path, no_compiler: Callable[[], None], baseline: bool
) -> None:
    calls = (("half", -7), ("rest", 7.5), ("pair", 7), ("twice", 21), ("names",), ("fail", 0))
    with Native(SOURCE, engine=Loader(cache_dir=tmp_path, baseline=baseline)) as native:
        cold = [native.call(*call) for call in calls]
        generated = native.module.generated
    no_compiler()

    with Native(SOURCE, engine=Loader(cache_dir=tmp_path, baseline=baseline)) as native:
        assert [native.call(*call) for call in calls] == cold
        assert native.module.generated == generated
        assert native.live_objects() == 0

    assert cold[0].value == -3
    assert cold[2].value == ("sum", (0.5,))
    assert (cold[5].kind, cold[5].line) == ("division-by-zero", 15)


def test_side_tables_come_back(tmp_path: Path, no_compiler: Callable[[], None]) -> None:
    first = Loader(cache_dir=tmp_path).load(SOURCE, name="pairs", file="pairs.zyntax")
    no_compiler()
    again = Loader(cache_dir=tmp_path).load(SOURCE, name="pairs", file="pairs.zyntax")

    assert again.side_tables == tuple(
        msgspec.structs.replace(table, id=again.base + index)
        for index, table in enumerate(first.side_tables)
    )
    assert again.functions["pair"].side_table.file == "pairs.zyntax"


def test_a_kept_program_can_be_debugged_and_called_from_c(tmp_path: Path) -> None:
    Loader(cache_dir=tmp_path).load(SOURCE)

    with Native(SOURCE, engine=Loader(cache_dir=tmp_path)) as native:
        built = native.module.debug_build()
        assert [build.function for build in built][:2] == ["half", "rest"]
        assert all(build.probe_count for build in built if build.function in ("half", "pair"))
        assert native.call("pair", 7).value == ("sum", (0.5,))
        assert native.call("fail", 0).line == 15
        assert native.function("twice").entry


@holds_for_programs(25)
def test_generated_programs(program: Generated) -> None:
    with TemporaryDirectory() as folder:
        assert not list(differences(program, Loader(cache_dir=Path(folder))))
        warm = Loader(cache_dir=Path(folder))
        assert not list(differences(program, warm))
        assert warm.cache.misses == 0


def test_every_part_of_the_key_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"fn main() i32 { return 1; }"

    def hits(text: bytes = text, *, baseline: bool = False, **names: str) -> int:
        given = {"language": "zyntax", "name": "main", "file": "a", **names}
        loader = Loader(cache_dir=tmp_path, baseline=baseline)
        loader.load(text, **given)
        return loader.cache.hits

    assert [hits(), hits()] == [0, 1]
    assert [hits(b"fn main() i32 { return 2; }"), hits(name="b"), hits(file="b")] == [0, 0, 0]
    assert [hits(baseline=True), hits()] == [0, 1]
    monkeypatch.setattr(kept, "fingerprint", lambda: "another zyn")
    assert [hits(), hits()] == [0, 1]


def test_the_fingerprint_is_of_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = list(fingerprint._files())
    names = {Path(path).name for path, _, _ in files}
    assert {"check_expr.py", "func.py", "split_suspends.py", "errors.py", "kept.py"} <= names
    assert {"runtime", "llvmlite", "tree_sitter"} <= names
    assert any(path.endswith(".so") for path, _, _ in files)
    seen = {fingerprint.fingerprint.__wrapped__()}
    for number in range(0, len(files), 10):
        path, size, changed = files[number]
        for other in ((path, size + 1, changed), (path, size, changed + 1), None):
            edited = [*files[:number], *([other] if other else ()), *files[number + 1 :]]
            monkeypatch.setattr(fingerprint, "_files", lambda found=edited: iter(found))
            seen.add(fingerprint.fingerprint.__wrapped__())
    assert len(seen) == 1 + 3 * len(range(0, len(files), 10))


def test_a_program_with_errors_is_not_kept(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(CompileError):
            Loader(cache_dir=tmp_path).load(b"fn f() i32 { return x; }")
    assert list(tmp_path.iterdir()) == []


def test_whoever_watches_the_compiler_makes_it_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Loader(cache_dir=tmp_path).load(SOURCE)
    with caplog.at_level(TRACE, "zyn.compiler.async"):
        Loader(cache_dir=tmp_path).load(SOURCE)
    assert "pair: states: 3" in caplog.text

    loader = Loader(cache_dir=tmp_path, check=True)
    loader.load(SOURCE)
    assert loader.cache.hits == 0


def test_a_damaged_program_is_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Loader(cache_dir=tmp_path).load(SOURCE)
    whole = {entry: entry.read_bytes() for entry in tmp_path.iterdir()}
    for entry, data in whole.items():
        entry.write_bytes(data[:-3])

    with Native(SOURCE, engine=Loader(cache_dir=tmp_path)) as native:
        assert native.call("half", 9).value == 4
    assert "damaged" in caplog.text
    assert all(entry.read_bytes() == data for entry, data in whole.items())


# --- objects and images -----------------------------------------------------------------------


def compiled() -> tuple[bytes, tuple[str, ...]]:
    """An object, and its exports."""
    target = Target()
    emitted = emit_module("main", lower_all(Document("zyntax", SOURCE)), target.triple)
    return target.object_code(emitted.text, optimise=True), emitted.exports


CODE, EXPORTS = compiled() if is_supported() else (b"", ())


def test_what_is_executed_is_never_written() -> None:
    image = image_of(CODE, EXPORTS)

    assert 0 < image.fixed < len(image.data)
    assert image.fixed % PAGE == 0
    written = [8 * index for index in array("I", image.rebase)]
    written += [one.offset for one in image.imports]
    assert len(written) == len(set(written))
    assert all(image.fixed <= place <= len(image.data) - 8 for place in written)
    assert {one.symbol for one in image.imports} >= {"zyn_string_retain", "zyn_delay_poll", "fmod"}


@given(st.integers(0, len(CODE)))
def test_a_cut_object_is_refused(size: int) -> None:
    if size < len(CODE):
        with pytest.raises(Unsuitable):
            image_of(CODE[:size], EXPORTS)


@given(st.integers(0, len(CODE) - 1), st.integers(1, 255))
@example(47, 128)  # a size that no file has
@example(min(8612, len(CODE) - 1), 6)  # a section larger than the file
def test_a_garbled_object_is_refused_or_linked(at: int, change: int) -> None:
    garbled = bytearray(CODE)
    garbled[at] ^= change
    with contextlib.suppress(Unsuitable):
        image_of(bytes(garbled), EXPORTS)


def test_what_only_llvm_can_link_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unsuitable(*_: object) -> None:
        raise Unsuitable("relocation 99")

    monkeypatch.setattr("zyn.driver.load.image_of", unsuitable)
    with caplog.at_level(logging.INFO, "zyn.compiler.async"):
        for _ in range(2):
            with Native(SOURCE, engine=Loader(cache_dir=tmp_path, baseline=False)) as native:
                assert native.call("half", 9).value == 4
    assert "relocation 99" in caplog.text
