"""The tokens of processes that listen for debuggers, where only their own user finds them.

A port of the loopback interface is open to every user of the machine, and whoever attaches may
write memory.  So a listening process wants a token.  It leaves it in a file that nobody else can
read, named after its port, and a debugger of the same user attaches without asking for it.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_TOKEN_MAX = 4096


def folder() -> Path:
    """Where the tokens lie; it may not exist."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and os.path.isabs(base):
        return Path(base) / "zyn"
    return Path(tempfile.gettempdir()) / f"zyn-{os.getuid()}"


def leave(port: int, token: str) -> Path:
    """Write the token of a port; gives the file.  OSError when that cannot be done safely."""
    inside = folder()
    inside.mkdir(mode=0o700, exist_ok=True)
    # In a folder for everybody somebody else may have made it, or a link of that name, before us.
    facts = inside.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise PermissionError(f"{inside} is not ours alone")
    file, name = tempfile.mkstemp(dir=inside)
    with os.fdopen(file, "w", encoding="utf-8") as new:
        new.write(token)
    os.replace(name, _file(port))
    return _file(port)


def take_away(port: int, token: str) -> None:
    """Remove the file of a port, unless another process has left its own there."""
    if find("localhost", port) == token:
        with contextlib.suppress(OSError):
            _file(port).unlink()


def find(host: str, port: int) -> str:
    """The token that a process of this user left; empty when there is none."""
    if host not in HOSTS:
        return ""
    with contextlib.suppress(OSError, ValueError):
        file = os.open(_file(port), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(file, encoding="utf-8") as found:
            if os.fstat(file).st_uid == os.getuid():
                return found.read(_TOKEN_MAX)
    return ""


def _file(port: int) -> Path:
    return folder() / f"port-{port}"
