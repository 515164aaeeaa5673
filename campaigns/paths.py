"""Where the files live that ship with the program: beside the package when installed, else in the checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE / "_shipped" if (_HERE / "_shipped").is_dir() else _HERE.parent


def shipped(folder: str) -> Path:
    """The folder `assets`, `templates` or `config` as it was shipped; read only."""
    return _ROOT / folder
