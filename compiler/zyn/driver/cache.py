"""Object code on disk, so that the second run of a program does not compile it.

An entry is named by a hash of everything its bytes depend on, so it is never out of date; it
carries a hash of its own bytes, so a torn or damaged one is found out and made again.  A writer
fills a file of its own and renames it, so readers and other writers see a whole entry or none.  A
cache that cannot be written (full disk, no rights) costs time and nothing else.

What nobody used for a while goes: a folder is looked through once a day, by whoever puts something
in.  An entry's time of last change is when it was last used, to within an hour.
"""

import contextlib
import hashlib
import logging
import os
import time
from pathlib import Path

logger = logging.getLogger("zyn.compiler.codegen")

_MAGIC = b"zyn object 1\n"
_HASH_SIZE = 32
_HOUR_S = 3600
UNUSED_S = 5 * 24 * _HOUR_S
"""How long an entry stays that nobody uses."""

SWEPT = "swept"
"""The file whose time of last change says when the folder was last looked through."""

_SWEEP_S = 24 * _HOUR_S


class ObjectCache:
    """A folder of object files.  `directory` None keeps nothing."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self.hits = 0
        self.misses = 0

    @staticmethod
    def key(*parts: str) -> str:
        """The name of an entry: a hash of the parts and of where one ends and the next begins."""
        digest = hashlib.blake2b(digest_size=24)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little"))
            digest.update(data)
        return digest.hexdigest()

    def get(self, key: str) -> bytes | None:
        """The object of an entry, or None when there is none that is whole."""
        if self.directory is None:
            return None
        try:
            with open(self.directory / key, "rb") as file:
                data = file.read()
                if time.time() - os.fstat(file.fileno()).st_mtime > _HOUR_S:
                    self._used(key)
        except OSError:
            self.misses += 1
            return None
        head = len(_MAGIC) + _HASH_SIZE
        body = data[head:]
        if data[: len(_MAGIC)] != _MAGIC or data[len(_MAGIC) : head] != _digest(body):
            logger.warning("cache entry %s is damaged and is made again", key)
            self.misses += 1
            return None
        self.hits += 1
        return body

    def put(self, key: str, body: bytes) -> None:
        """Keep an object; a failure is logged."""
        if self.directory is None:
            return
        import tempfile  # 7 ms, which a run that only reads need not spend

        name: str | None = None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix="new-", dir=self.directory)
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + _digest(body) + body)
            os.replace(name, self.directory / key)
            self._sweep(self.directory)
        except OSError as error:
            logger.warning("cannot keep compiled code in %s: %s", self.directory, error)
            if name is not None:
                with contextlib.suppress(OSError):
                    Path(name).unlink()

    def _used(self, key: str) -> None:
        assert self.directory is not None
        # Another may have swept it away, or own it.
        with contextlib.suppress(OSError):
            os.utime(self.directory / key)

    def _sweep(self, directory: Path) -> None:
        """Remove what was not used for long, and what writers left that died."""
        now, mark = time.time(), directory / SWEPT
        try:
            if now - mark.stat().st_mtime < _SWEEP_S:
                return
        except FileNotFoundError:
            pass  # nobody has swept here yet
        mark.touch()
        for entry in os.scandir(directory):
            # Two may sweep at once, and a file that is not ours to remove stays.
            with contextlib.suppress(OSError):
                if entry.name != SWEPT and now - entry.stat().st_mtime > UNUSED_S:
                    os.unlink(entry)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH_SIZE).digest()
