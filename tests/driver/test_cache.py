"""Compiled code on disk: found again, never trusted when damaged, and never worth a failure."""

import contextlib
import errno
import logging
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.native import Native
from zyn.driver.cache import SWEPT, ObjectCache
from zyn.driver.load import Engine

SOURCE = "fn f() i32 { return 42; } async fn g() i32 { await yield_now(); return f(); }"
KEY = ObjectCache.key("one", "two")


def loaded(folder: Path | None) -> Engine:
    """An engine that has loaded the program, which works."""
    engine = Engine(cache_dir=folder, baseline=False)
    with Native(SOURCE, engine=engine) as native:
        assert native.call("g").value == 42
    return engine


def test_the_second_load_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(tmp_path)
    assert (first.cache.hits, first.cache.misses) == (0, 1)

    def compiles(*_: object, **__: object) -> bytes:
        raise AssertionError("compiled again")

    engine = Engine(cache_dir=tmp_path, baseline=False)
    monkeypatch.setattr(engine.target, "object_code", compiles)
    with Native(SOURCE, engine=engine) as native:
        assert native.call("g").value == 42
    assert (engine.cache.hits, engine.cache.misses) == (1, 0)


def test_another_program_is_another_entry(tmp_path: Path) -> None:
    loaded(tmp_path)
    Engine(cache_dir=tmp_path, baseline=False).load(SOURCE.replace("42", "43").encode())
    Engine(cache_dir=tmp_path, baseline=False).load(SOURCE.encode(), name="other")

    assert len(entries(tmp_path)) == 3


def entries(folder: Path) -> list[Path]:
    """What is kept in a folder."""
    return [path for path in folder.iterdir() if path.name != SWEPT]


def aged(path: Path, days: float) -> None:
    """Make a file look as if it was last changed so long ago."""
    then = time.time() - days * 86400
    os.utime(path, (then, then))


def test_what_nobody_used_for_five_days_is_removed(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    for key, days in (("fresh", 0.0), ("used", 4.9), ("unused", 5.1), ("new-left", 6.0)):
        cache.put(key, b"code")
        aged(tmp_path / key, days)
    aged(tmp_path / SWEPT, 0.9)

    cache.put("one", b"more")
    assert (tmp_path / "unused").exists()  # it is a day too early to look
    aged(tmp_path / SWEPT, 1.1)
    cache.put("another", b"more")

    left = {path.name for path in entries(tmp_path)}
    assert left == {"fresh", "used", "one", "another"}


def test_an_entry_that_is_read_counts_as_used(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    cache.put("old", b"code")
    aged(tmp_path / "old", 4.9)
    assert cache.get("old") == b"code"
    aged(tmp_path / SWEPT, 2)
    cache.put("another", b"more")
    assert time.time() - (tmp_path / "old").stat().st_mtime < 86400


def test_where_the_parts_of_a_key_end_matters() -> None:
    keys = {ObjectCache.key(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""))}

    assert len(keys) == 4


def truncated(data: bytes) -> bytes:
    """A torn write."""
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """One wrong bit in the code."""
    return data[:-9] + bytes([data[-9] ^ 4]) + data[-8:]


def of_another_version(data: bytes) -> bytes:
    """A head that this version does not know."""
    return b"zyn object 0\n" + data[13:]


DAMAGES = [truncated, flipped, of_another_version, lambda _: b"", lambda data: data + b"more"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_made_again(
    damage: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loaded(tmp_path)
    (entry,) = entries(tmp_path)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))

    with caplog.at_level(logging.WARNING, "zyn.compiler.codegen"):
        engine = loaded(tmp_path)

    assert (engine.cache.hits, engine.cache.misses) == (0, 1)
    assert "damaged" in caplog.text
    assert entry.read_bytes() == whole


def test_an_entry_that_is_a_folder_costs_only_time(tmp_path: Path) -> None:
    loaded(tmp_path)
    (entry,) = entries(tmp_path)
    entry.unlink()
    entry.mkdir()

    loaded(tmp_path)

    assert entries(tmp_path) == [entry]


def test_a_folder_that_cannot_be_made_only_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")

    with caplog.at_level(logging.WARNING, "zyn.compiler.codegen"):
        loaded(file / "cache")

    assert "cannot keep compiled code" in caplog.text


def full(*_: object, **__: object) -> None:
    """What a full disk says."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["os.replace", "tempfile.mkstemp", "os.fdopen"])
def test_a_full_disk_only_logs(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(call, full)

    with caplog.at_level(logging.WARNING, "zyn.compiler.codegen"):
        loaded(tmp_path)

    assert "No space left" in caplog.text
    monkeypatch.undo()
    assert loaded(tmp_path).cache.misses == 1


def test_a_half_written_file_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zyn.driver.cache.os.replace", full)
    ObjectCache(tmp_path).put(KEY, b"body")
    assert list(tmp_path.iterdir()) == []

    monkeypatch.setattr(Path, "unlink", full)
    ObjectCache(tmp_path).put(KEY, b"body")


NOBODY = 65534


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """As somebody who may not write everywhere, which the superuser may."""
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if privileged:
            os.seteuid(0)


def test_a_folder_without_rights_only_logs(caplog: pytest.LogCaptureFixture) -> None:
    loaded(None)  # whatever is read once in a process is read with all rights
    # Not `tmp_path`, whose parents let nobody else in.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        with without_privileges(), caplog.at_level(logging.WARNING, "zyn.compiler.codegen"):
            loaded(folder)
            assert list(folder.iterdir()) == []

    assert "Permission denied" in caplog.text


def write_and_read(folder: str, start: Any, failures: Any) -> None:
    """One of several processes that keep and look up the same entries."""
    cache = ObjectCache(Path(folder))
    start.wait()
    for number in range(60):
        key, body = ObjectCache.key(str(number % 7)), bytes([number % 7]) * 50_000
        cache.put(key, body)
        found = cache.get(key)
        if found != body:
            failures.put(number)


def test_processes_that_write_at_once_see_whole_entries(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, failures = context.Barrier(3), context.Queue()
    writers = [
        context.Process(target=write_and_read, args=(str(tmp_path), start, failures))
        for _ in range(3)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert failures.empty()
    assert len(entries(tmp_path)) == 7


def test_without_a_folder_nothing_is_kept() -> None:
    cache = ObjectCache(None)
    cache.put(KEY, b"body")

    assert cache.get(KEY) is None
    assert (cache.hits, cache.misses) == (0, 0)
