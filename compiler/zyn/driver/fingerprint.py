"""What a kept program depends on besides its text: this zyn, what it is built on, this processor.

An object is kept under a hash of the very text that LLVM compiled, so that an older compiler's
object is never found.  A kept program is found without making that text; in its place stand the
size and the time of last change of every file of the compiler and the runtime, as Python itself
does for its compiled modules.  An upgrade, or an edit in a development tree, thus begins anew.
"""

import os
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec

import zyn.runtime
from zyn.runtime.load import library_path

_PACKAGES = (
    "ast", "base", "codegen", "driver", "embed", "flow", "grammar", "ir", "runtime", "sema",
    "syntax",
)  # fmt: skip
_LIBRARIES = ("llvmlite", "tree_sitter")
_CPU_BYTES = 4096  # the first processor's part of /proc/cpuinfo is a third of it
_CPU_FACTS = (b"vendor_id", b"cpu family", b"model", b"stepping", b"flags")


@cache
def fingerprint() -> str:
    """A hash of all that; the same for the life of the process."""
    digest = blake2b(digest_size=24)
    digest.update(sys.version.encode())
    digest.update(_cpu())
    for path, size, changed in sorted(_files()):
        digest.update(f"{path}\0{size}\0{changed}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _cpu() -> bytes:
    """The processor, since code is made for the one that is there."""
    try:
        file = os.open("/proc/cpuinfo", os.O_RDONLY)
    except OSError:
        return b""
    try:
        first = os.read(file, _CPU_BYTES).partition(b"\n\n")[0]
    finally:
        os.close(file)
    # The others, such as its speed, change from one moment to the next.
    return b"\n".join(line for line in first.splitlines() if line.startswith(_CPU_FACTS))


def _files() -> Iterator[tuple[str, int, int]]:
    folders = [os.path.join(root, package) for root in zyn.__path__ for package in _PACKAGES]
    while folders:
        try:
            entries = os.scandir(folders.pop())
        except OSError:
            continue  # no root has every package
        with entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                elif entry.name.endswith((".py", ".so")):
                    facts = entry.stat()
                    yield entry.path, facts.st_size, facts.st_mtime_ns
    facts = os.stat(library_path())
    yield "runtime", facts.st_size, facts.st_mtime_ns
    for library in _LIBRARIES:
        spec = find_spec(library)
        for folder in (spec and spec.submodule_search_locations) or ():
            # Installing another version makes the folder anew.
            yield folder, 0, os.stat(folder).st_mtime_ns
