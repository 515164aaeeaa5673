"""A file on its way out, read block by block, that tells how far it has come."""

from __future__ import annotations

from typing import BinaryIO

from platforms.endpoints import report_upload

BLOCK = 1 << 18


class Stream:
    """`file` from `offset` on, to `end` or its own, as the body of one call; `size` is the whole file's, in bytes.

    It reads like a file, so that requests sends it as it is read, with its length, and holds none of it.
    """

    def __init__(self, file: BinaryIO, size: int, *, offset: int = 0, end: int | None = None) -> None:
        self._file, self._size, self._offset = file, size, offset
        self._end = size if end is None else end
        file.seek(offset)

    def __len__(self) -> int:
        return self._end - self._offset

    def tell(self) -> int:
        return self._file.tell() - self._offset

    def read(self, size: int = BLOCK) -> bytes:
        report_upload(self._file.tell(), self._size)
        return self._file.read(min(size, self._end - self._file.tell()))
