"""Object code on disk, so that the second run of a program does not compile it.

An entry is named by a hash of everything its bytes depend on, so it is never out of date; it
carries a hash of its own bytes, so a torn or damaged one is found out and made again.  A writer
fills a file of its own and renames it, so readers and other writers see a whole entry or none.  A
cache that cannot be written (full disk, no rights) costs time and nothing else.
"""

import contextlib
import hashlib
import logging
import os
from pathlib import Path

logger = logging.getLogger("zyn.compiler.codegen")

_MAGIC = b"zyn object 1\n"
_HASH_SIZE = 32


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
            data = (self.directory / key).read_bytes()
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
        except OSError as error:
            logger.warning("cannot keep compiled code in %s: %s", self.directory, error)
            if name is not None:
                with contextlib.suppress(OSError):
                    Path(name).unlink()


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH_SIZE).digest()
