"""A file appears only when it is whole."""

import errno
from pathlib import Path

import pytest

from chain.core.db import is_storage_full
from chain.core.whole_files import whole_file


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "recibos.pdf"
    out.write_text("before")
    with whole_file(out) as unfinished:
        unfinished.write_text("after")
        assert out.read_text() == "before"
    assert out.read_text() == "after"
    assert [one.name for one in tmp_path.iterdir()] == ["recibos.pdf"]


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "recibos.pdf"
    out.write_text("before")

    def fill() -> None:
        with whole_file(out) as unfinished:
            unfinished.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space") as told:
        fill()
    assert is_storage_full(told.value)
    assert out.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["recibos.pdf"]


def test_what_is_no_ordinary_file_is_written_as_it_is() -> None:
    with whole_file(Path("/dev/null")) as unfinished:
        assert unfinished == Path("/dev/null")


def test_a_full_disk_is_known_through_what_wraps_it_and_other_troubles_are_none() -> None:
    wrapped = RuntimeError("cannot write the workbook")
    wrapped.__cause__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert is_storage_full(wrapped)
    assert not is_storage_full(OSError(errno.EACCES, "Permission denied"))
    assert not is_storage_full(ValueError())
