"""Media by content: a file is kept under the SHA-256 of its bytes, and never changes afterwards."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

_BLOCK = 1 << 20


class Vault:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, file: Path) -> str:
        """Copy `file` in; the answer is its digest. The same bytes again are no second copy, but mend a damaged one."""
        digest = digest_of(file)
        target = self.path(digest)
        if not self.is_whole(digest):
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as half, file.open("rb") as source:
                shutil.copyfileobj(source, half, _BLOCK)
            Path(half.name).replace(target)
        return digest

    def path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def has(self, digest: str, *, size: int) -> bool:
        """Whether a file of so many bytes is there; nothing of it is read."""
        path = self.path(digest)
        return path.is_file() and path.stat().st_size == size

    def is_whole(self, digest: str) -> bool:
        """Whether the file is there and still has the bytes that its name says."""
        path = self.path(digest)
        return path.is_file() and digest_of(path) == digest


def digest_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
