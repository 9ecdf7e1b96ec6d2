"""Files of the workspace that are not open: found when somebody searches, read once per change.

Bounds keep a folder that is no project of ours from costing more than a moment: so many entries
looked at, so many files read, none larger than so much.  A file that cannot be read is passed over.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from zyn.base.source import Encoding
from zyn.grammar import LANGUAGES
from zyn.lsp.documents import OpenDocument

logger = logging.getLogger("zyn.lsp")

ENTRIES_MAX = 20_000
FILES_MAX = 500
BYTES_MAX = 1_000_000

_SUFFIXES = tuple(suffix for suffixes in LANGUAGES.values() for suffix in suffixes)
_SKIPPED = frozenset({"node_modules", "build", "target", "__pycache__"})


class WorkspaceFiles:
    """The folders of a session and what was read from them."""

    def __init__(self) -> None:
        self._folders: list[str] = []
        self._read: dict[str, tuple[tuple[int, int], OpenDocument]] = {}

    def set_folders(self, uris: list[str]) -> None:
        """The folders to look in, as URIs."""
        self._folders = list(dict.fromkeys(uris))

    def change_folders(self, added: list[str], removed: list[str]) -> None:
        """Look in other folders."""
        self.set_folders([uri for uri in self._folders if uri not in removed] + added)

    def documents(self, encoding: Encoding) -> Iterator[OpenDocument]:
        """Every file of the folders that could be read."""
        seen = dict[str, tuple[tuple[int, int], OpenDocument]]()
        for path in self._paths():
            uri = from_fs_path(str(path))
            if uri is None or uri in seen:
                continue
            found = self._document(uri, path, encoding)
            if found is not None:
                seen[uri] = found
                yield found[1]
            if len(seen) >= FILES_MAX:
                logger.info("more than %d files; the others are not searched", FILES_MAX)
                break
        self._read = seen

    def find(self, uri: str, encoding: Encoding) -> OpenDocument | None:
        """One file, which need not lie in a folder of the session; None when it cannot be read."""
        path = to_fs_path(uri)
        if path is None or not path.endswith(_SUFFIXES):
            return None
        found = self._document(uri, Path(path), encoding)
        return found[1] if found is not None else None

    def _paths(self) -> Iterator[Path]:
        looked_at = 0
        for uri in self._folders:
            folder = to_fs_path(uri)
            if folder is None:
                continue
            for parent, names, files in os.walk(folder):
                names[:] = sorted(n for n in names if n not in _SKIPPED and not n.startswith("."))
                looked_at += len(names) + len(files)
                if looked_at > ENTRIES_MAX:
                    logger.info("more than %d files and folders; search ends", ENTRIES_MAX)
                    return
                for name in sorted(files):
                    if name.endswith(_SUFFIXES):
                        yield Path(parent, name)

    def _document(
        self, uri: str, path: Path, encoding: Encoding
    ) -> tuple[tuple[int, int], OpenDocument] | None:
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._read.get(uri)
            if known is not None and known[0] == stamp and known[1].encoding is encoding:
                return known
            if status.st_size > BYTES_MAX:
                return None
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError as error:
            logger.info("%s: %s", path, error)
            return None
        item = types.TextDocumentItem(uri, "", 0, text)
        return stamp, OpenDocument(item, encoding, status.st_mtime_ns)
