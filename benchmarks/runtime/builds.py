"""How the programs of the suite are built and started.

Every program is called as `program WORKLOAD WORKERS SAMPLES` and prints one number for each
sample.  It ends with 2 when it does not do the workload, and says why on stderr.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parent
ROOT: Final = SOURCES.parent.parent
BUILD: Final = ROOT / "build" / "bench"
PEERS: Final = SOURCES / "peers"


@dataclass(frozen=True)
class Program:
    """A program that can be started, and the versions behind it."""

    name: str
    command: tuple[str, ...]
    version: str


class BuildError(Exception):
    """A program is not to be had here; the text says why."""


def run(command: list[str], folder: Path = ROOT) -> str:
    """What a command printed.  BuildError with its last words when it failed."""
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BuildError(f"{command[0]}: {error.strerror}") from error
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise BuildError(f"{' '.join(command[:3])} failed: {said[-1] if said else 'no word'}")
    return result.stdout


def tool(name: str, *others: str) -> str:
    """The path of a tool, or of the first of its others."""
    for candidate in (name, *others):
        found = shutil.which(candidate)
        if found is not None:
            return found
    raise BuildError(f"there is no {name} on PATH")


def native_library() -> Path:
    """The libzynrt that this interpreter uses."""
    import zyn.runtime

    for folder in zyn.runtime.__path__:
        for path in Path(folder).glob("libzynrt.*"):
            return path
    raise BuildError("libzynrt was not found: run `make build`")


def our_version() -> str:
    """The version of zyn, and the commit where there is a repository."""
    from importlib.metadata import version

    try:
        commit = run(["git", "rev-parse", "--short", "HEAD"]).strip()
    except BuildError:
        return version("zyn")
    return f"{version('zyn')} ({commit})"


def c_compiler(folder: str) -> list[str]:
    """The command for the C files of a folder, up to the output."""
    files = [str(path) for path in sorted((SOURCES / folder).glob("*.c"))]
    headers = [f"-I{ROOT / 'runtime' / 'include'}", f"-I{SOURCES / 'c'}"]
    compiler = tool("cc", "gcc", "clang")
    return [compiler, "-std=c11", "-O3", "-D_GNU_SOURCE", "-pthread", *headers, *files]


def futures() -> Program:
    """Our C futures, linked with the library that is installed."""
    library, target = native_library(), BUILD / "futures"
    run([*c_compiler("c"), "-o", str(target), str(library), f"-Wl,-rpath,{library.parent}"])
    return Program("ours (C)", (str(target),), our_version())


def floor() -> Program:
    """What the machine costs without a runtime: a futex, system calls, a plain loop."""
    target = BUILD / "floor"
    command = [*c_compiler("floor"), "-o", str(target)]
    run(command)
    return Program("floor", (str(target),), run([command[0], "-dumpfullversion"]).strip())


def compiled() -> Program:
    """The same, compiled from Zyntax by the zyn that is installed."""
    command = (sys.executable, str(SOURCES / "compiled.py"))
    return Program("ours (Zyntax)", command, our_version())


def copy_changed(source: str, target: str) -> None:
    """Copies a file unless it is there, so that cargo builds only what changed."""
    text = Path(source).read_bytes()
    if not Path(target).exists() or Path(target).read_bytes() != text:
        Path(target).write_bytes(text)


def rust(name: str) -> Program:
    """A peer in Rust: release, fat LTO, versions pinned in its Cargo.toml."""
    cargo, folder = tool("cargo"), BUILD / "rust"
    shutil.copytree(PEERS / "rust", folder, copy_function=copy_changed, dirs_exist_ok=True)
    run([cargo, "build", "--release", "--quiet"], folder)
    pins = (folder / "Cargo.toml").read_text(encoding="utf-8")
    pinned = re.search(rf'^{name} = .*?"=([\d.]+)"', pins, re.MULTILINE)
    compiler = run([tool("rustc"), "--version"]).split()[1]
    version = f"{pinned[1] if pinned else '?'}, rustc {compiler}"
    binary = folder / "target" / "release" / name
    return Program(name, (str(binary),), version)


def go() -> Program:
    """The peer in Go."""
    compiler, target = tool("go"), BUILD / "go-peer"
    run([compiler, "build", "-o", str(target), "."], PEERS / "go")
    return Program("go", (str(target),), run([compiler, "env", "GOVERSION"]).strip())


def node() -> Program:
    """The peer on node."""
    path = tool("node")
    version = run([path, "--version"]).strip()
    return Program("node", (path, str(PEERS / "node_peer.mjs")), version)


def asyncio() -> Program:
    """The peer on this Python's own event loop."""
    version = f"CPython {'.'.join(map(str, sys.version_info[:3]))}"
    return Program("asyncio", (sys.executable, str(PEERS / "asyncio_peer.py"), "asyncio"), version)


def uvloop() -> Program:
    """The same on uvloop, from an environment of its own."""
    folder, pins = BUILD / "uvloop", PEERS / "requirements.txt"
    python, done = folder / "bin" / "python", folder / "pins.txt"
    if not done.exists() or done.read_text() != pins.read_text():
        run([sys.executable, "-m", "venv", str(folder)])
        install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(pins)]
        run([str(python), *install])
        done.write_text(pins.read_text())
    version = run([str(python), "-c", "import uvloop; print(uvloop.__version__)"]).strip()
    return Program("uvloop", (str(python), str(PEERS / "asyncio_peer.py"), "uvloop"), version)


BUILDERS: Final = {
    "ours (C)": futures,
    "ours (Zyntax)": compiled,
    "tokio": lambda: rust("tokio"),
    "async-executor": lambda: rust("async-executor"),
    "rayon": lambda: rust("rayon"),
    "floor": floor,
    "go": go,
    "node": node,
    "asyncio": asyncio,
    "uvloop": uvloop,
}


def programs(wanted: set[str]) -> tuple[dict[str, Program], dict[str, str]]:
    """The programs by name, and why the others are not to be had."""
    BUILD.mkdir(parents=True, exist_ok=True)
    found: dict[str, Program] = {}
    absent: dict[str, str] = {}
    for name, build in BUILDERS.items():
        if name not in wanted:
            continue
        try:
            found[name] = build()
        except BuildError as error:
            absent[name] = str(error)
    return found, absent
