"""A native debugger sees debug builds: names, lines, and stacks through the runtime."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.outside import require_program
from zyn.codegen.module import emit_debug_module
from zyn.codegen.source_lines import SourceLines
from zyn.codegen.target import Target
from zyn.driver import gdb
from zyn.driver.load import Engine, lower_all
from zyn.driver.queries import Document

PROGRAM = """const Wide = struct { bytes: [5000]u8 };

fn square(x: i32) i32 {
    const y = x * x; // @square
    return y;
}

async fn worker(n: i32) i32 {
    var total = 0;
    var i = 0;
    while (i < n) {
        await yield_now();
        total = total + square(i); // @call
        i = i + 1;
    }
    return total;
}

fn wide(w: Wide) u8 {
    var copy = w; // @wide
    return copy.bytes[4];
}

async fn main() i32 {
    return await worker(3);
}
"""

HOST = """
import sys
from zyn.embed import Runtime
with Runtime() as runtime:
    runtime.load_file(sys.argv[1])
    for module in runtime._modules:
        module.debug_build()
    print("value", runtime.call("main"), flush=True)
"""


def line_of(marker: str) -> int:
    """The 1-based line that ends in `// @marker`."""
    lines = PROGRAM.splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.endswith(f"// @{marker}"))


def run_gdb(folder: Path, *commands: str, name: str = "program.zyntax") -> str:
    """What gdb prints when it runs the program with these commands."""
    program = folder / name
    program.write_text(PROGRAM, encoding="utf-8")
    host = folder / "host.py"
    host.write_text(HOST, encoding="utf-8")
    words = [require_program("gdb"), "--batch", "-nx", "-iex", "set debuginfod enabled off"]
    for command in ("set breakpoint pending on", *commands):
        words += ["-ex", command]
    done = subprocess.run(
        [*words, "--args", sys.executable, str(host), str(program)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return f"{done.stdout}\n{done.stderr}"


def test_a_breakpoint_by_line_stops_there(tmp_path: Path) -> None:
    said = run_gdb(
        tmp_path, f"break program.zyntax:{line_of('square')}", "run", "backtrace 3", "delete",
        "continue",
    )  # fmt: skip
    frames = re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?([\w.]+) .*", said, re.MULTILINE)
    places = re.findall(r" at (\S+):(\d+)$", said, re.MULTILINE)
    assert frames[0] == "square", said
    assert ("program.zyntax", str(line_of("square"))) in places
    # Its caller, behind the stub that every call goes through.
    assert "worker" in frames, said
    assert ("program.zyntax", str(line_of("call"))) in places
    assert "value 5" in said


def test_a_function_is_known_by_its_name(tmp_path: Path) -> None:
    said = run_gdb(tmp_path, "break worker", "run", "info symbol $pc", "info source")
    assert "zyn$program$worker$debug" in said
    assert "Current source file is program.zyntax" in said
    assert f"Compilation directory is {tmp_path}" in said


@pytest.mark.parametrize(("asked", "wanted"), [("1", True), ("0", False), (None, False)])
def test_lines_are_for_who_asks(
    asked: str | None, wanted: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ZYN_GDB", raising=False)
    if asked is not None:
        monkeypatch.setenv("ZYN_GDB", asked)
    made: list[bytes] = []
    monkeypatch.setattr(gdb, "show", lambda code, _: made.append(code))
    module = Engine().load(PROGRAM.encode(), file=str(tmp_path / "program.zyntax"))
    module.debug_build()
    assert [b"program.zyntax" in code for code in made] == [True] * wanted


def test_what_cannot_be_shown_is_left_alone() -> None:
    assert not gdb.show(b"", {})
    assert not gdb.show(b"\x7fELF" + bytes(200), {"f": 4096})


@pytest.mark.parametrize("file", ['/a folder/with "quotes" and \\.zyntax', "/é/ü.zyntax", "/x"])
def test_every_path_is_taken_by_llvm(file: str) -> None:
    units = lower_all(Document("zyntax", PROGRAM.encode()))
    emitted = emit_debug_module("main", units, range(len(units)), file)
    code = Target().object_code(emitted.text, optimise=False)
    assert b"zyn$main$square$debug" in code
    assert Path(file).name.encode() in code


def test_lines_follow_the_probes_and_end_with_their_block() -> None:
    lines = SourceLines("/folder/file.zyntax")
    code = lines.annotate(
        "define void @f() #0 {\nentry:\nbr label %b1\nb1:\n%1 = add i32 1, 2\n; probe 0\n"
        "%2 = add i32 1, 2\nbr label %quiet1\nquiet1:\nret void\n}\n",
        "f", 7, [8],
    )  # fmt: skip
    here, there = re.findall(r"!(\d+) = !DILocation\(line: [78]", lines.text())
    assert code.splitlines()[2:] == [
        f"br label %b1, !dbg !{here}",
        "b1:",
        "%1 = add i32 1, 2",
        "; probe 0",
        f"%2 = add i32 1, 2, !dbg !{there}",
        f"br label %quiet1, !dbg !{there}",
        "quiet1:",
        f"ret void, !dbg !{there}",
        "}",
    ]
