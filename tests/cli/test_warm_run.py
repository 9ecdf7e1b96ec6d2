"""The second run of a program answers as the first did, and loads no compiler to do so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_examples import CLAIMS
from tests.cli.test_seed import EXAMPLES as SEED
from tests.support.cli import ROOT
from tests.support.seed import functions, section
from zyn.driver.image import is_supported

pytestmark = pytest.mark.skipif(
    not is_supported(), reason="programs are kept on x86-64 Linux only; this is another machine"
)

FRONT_END = ("tree_sitter", "zyn.syntax", "zyn.driver.load", "zyn.driver.queries")
"""What every cold run loads."""

COMPILER = (*FRONT_END, "llvmlite")
"""What no warm run loads."""

FACTS = ("msgspec", "zyn.ir", "zyn.ast", "zyn.flow", "zyn.sema.check", "zyn.codegen.module")
"""What is loaded to say why a program failed, and not otherwise."""

PROBE = """
import sys
from zyn.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
from zyn.driver.fingerprint import fingerprint
print("LOADED", fingerprint(), *sorted(sys.modules), file=sys.stderr)
raise SystemExit(code)
"""

FAILURES = ROOT / "examples" / "failures.zyntax"
WARNED = """async fn slow() i32 { await yield_now(); return 20; }
async fn main() i32 {
    const unused = 3;
    return slow() + 22;
}
"""


class Ran:
    """A finished run: what anybody sees of it, and the modules that it loaded."""

    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, "run", *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "ZYN_CACHE_DIR": str(folder), "NO_COLOR": "1", "ZYN_LOG": ""},
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        errors, found, told = done.stderr.rpartition("LOADED ")
        assert found, done.stderr
        self.seen = (done.returncode, done.stdout, errors)
        self.fingerprint, *modules = told.split()
        self.modules = frozenset(modules)

    def has(self, names: tuple[str, ...]) -> set[str]:
        """Those of the modules that were loaded."""
        return set(self.modules.intersection(names))


def check(folder: Path, *arguments: str | Path) -> tuple[Ran, Ran]:
    """A cold and a warm run, which cannot be told apart."""
    cold, warm = Ran(folder, *arguments), Ran(folder, *arguments)
    while warm.fingerprint != cold.fingerprint:  # somebody edits zyn meanwhile
        cold, warm = warm, Ran(folder, *arguments)
    assert warm.seen == cold.seen
    assert cold.has(FRONT_END) == set(FRONT_END)
    return cold, warm


@pytest.mark.parametrize(
    ("example", "call", "value"),
    [claim for number, claim in enumerate(CLAIMS) if number % 4 == 0],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_examples(example: Path, call: str, value: str, tmp_path: Path) -> None:
    _, warm = check(tmp_path, example, "--call", call, "--clock", "virtual")

    assert warm.seen == (0, f"{value}\n", "")
    assert not warm.has(COMPILER + FACTS)


@pytest.mark.parametrize(("title", "end", "call", "answer"), SEED, ids=lambda text: text)
def test_examples_of_the_document(
    title: str, end: str, call: str, answer: str, tmp_path: Path
) -> None:
    program = tmp_path / "example.zyntax"
    program.write_text(functions(section(title, end)), encoding="utf-8")

    _, warm = check(tmp_path / "cache", program, "--call", call)

    assert warm.seen[:2] == (0, f"{answer}\n")
    assert not warm.has(COMPILER + FACTS)


@pytest.mark.parametrize(
    ("call", "exit_code"),
    [
        ("divide(1, 0)", 1),
        ("later(1, 0)", 1),
        ("at(3)", 1),
        ('give_up("no more")', 1),
        ("dive(0)", 1),
        ("waits_for_stuck()", 3),
        ("spin()", 3),
    ],
)
def test_failures(call: str, exit_code: int, tmp_path: Path) -> None:
    _, warm = check(tmp_path, FAILURES, "--call", call, "--timeout", "0.3")

    assert warm.seen[0] == exit_code
    assert not warm.has(COMPILER)


def test_warnings_are_shown_again(tmp_path: Path) -> None:
    program = tmp_path / "warned.zyntax"
    program.write_text(WARNED, encoding="utf-8")

    _, warm = check(tmp_path / "cache", program)

    assert warm.seen[:2] == (0, "42\n")
    assert "warning[implicit-await]" in warm.seen[2]
    assert not warm.has(COMPILER + FACTS)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("fn main() i32 { return true; }", ()),
        ("fn main( i32 { return 1; }", ()),
        ("fn main() i32 { return 1; }", ("--call", "other()")),
        ("fn main() i32 { return 1; }", ("--call", "main(")),
        ("fn main() i32 { return 1; }", ("--call", "main(2)")),
    ],
)
def test_what_is_refused_is_refused_again(
    text: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    program = tmp_path / "refused.zyntax"
    program.write_text(text, encoding="utf-8")

    _, warm = check(tmp_path / "cache", program, *options)

    assert warm.seen[0] in {1, 2}


def test_a_change_of_the_text_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "program.zyntax"
    for number in (41, 42):
        program.write_text(f"fn main() i32 {{ return {number}; }}", encoding="utf-8")
        cold, _ = check(tmp_path / "cache", program)
        assert cold.seen == (0, f"{number}\n", "")


@pytest.mark.parametrize("option", ["--no-cache", "--check"])
def test_whoever_asks_for_the_compiler_gets_it(option: str, tmp_path: Path) -> None:
    program = tmp_path / "program.zyntax"
    program.write_text("fn main() i32 { return 7; }", encoding="utf-8")
    Ran(tmp_path / "cache", program)

    ran = Ran(tmp_path / "cache", program, option)

    assert ran.seen == (0, "7\n", "")
    assert ran.has(FRONT_END) == set(FRONT_END)
