"""One file that holds everything: a consistent copy of the database, and every picture and film by its digest."""

from __future__ import annotations

import tarfile
import tempfile
from datetime import datetime
from pathlib import Path

from campaigns.store import Store, backup
from campaigns.vault import Vault


def back_up(store: Store, vault: Vault, folder: Path, *, now: datetime) -> Path:
    """Write `sawt-YYYYMMDD-HHMMSS.tar` into `folder`; half a file is never left under that name.

    Raises ValueError where the folder's own folder is not there: a disk that is not mounted must not pass for one.
    """
    if not folder.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {folder.absolute().parent}; make it first, or mount its disk")
    folder.mkdir(exist_ok=True)
    target = folder / f"sawt-{now:%Y%m%d-%H%M%S}.tar"
    half = target.with_suffix(".part")
    with tempfile.TemporaryDirectory(dir=folder) as scratch, tarfile.open(half, "w") as tar:
        copy = Path(scratch) / "sawt.sqlite"
        backup(store, copy)
        tar.add(copy, "sawt.sqlite")
        for file in sorted(vault.folder.glob("??/*")):
            if len(file.name) == 64:
                tar.add(file, f"media/{file.parent.name}/{file.name}")
    half.replace(target)
    return target
