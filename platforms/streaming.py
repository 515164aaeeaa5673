"""A file on its way out, read block by block, that tells how far it has come."""

from __future__ import annotations

from typing import BinaryIO

from platforms.endpoints import report_upload

BLOCK = 1 << 18


class Stream:
    """The rest of `file` from `offset` on, as the body of one call; `size` is the whole file's, in bytes.

    It reads like a file, so that requests sends it as it is read, with its length, and holds none of it.
    """

    def __init__(self, file: BinaryIO, size: int, *, offset: int = 0) -> None:
        self._file, self._size, self._offset = file, size, offset
        file.seek(offset)

    def __len__(self) -> int:
        return self._size - self._offset

    def tell(self) -> int:
        return self._file.tell() - self._offset

    def read(self, size: int = BLOCK) -> bytes:
        report_upload(self._file.tell(), self._size)
        return self._file.read(size)
