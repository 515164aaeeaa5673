"""Write a told month as a file: HTML to read and copy, PDF to hand over, XLSX to calculate with."""

from __future__ import annotations

import secrets
from enum import StrEnum
from pathlib import Path

from campaigns.languages import Language
from campaigns.reports.speech import Digits, Speech
from campaigns.reports.tables import lay_out
from campaigns.reports.told import MonthTold


class Format(StrEnum):
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"


def write(
    told: MonthTold, language: Language, format: Format | str, out: Path, digits: Digits = Digits.WESTERN
) -> Path:
    """Write one file into the folder `out`; it appears whole or not at all, in the place of an older one."""
    kind = Format(format)
    target = out / f"sawt-summary-{told.month}-{language.value}.{kind.value}"
    out.mkdir(parents=True, exist_ok=True)
    half = out / f".{target.name}.{secrets.token_hex(4)}"
    try:
        _write(told, language, kind, half, digits)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return target


def _write(told: MonthTold, language: Language, kind: Format, out: Path, digits: Digits) -> None:
    if kind is Format.XLSX:
        from campaigns.reports.xlsx import write_xlsx

        write_xlsx(told, Speech(language=language, digits=digits), out)
    elif kind is Format.PDF:
        from campaigns.reports.pdf import write_pdf

        write_pdf(lay_out(told, language, digits), told.told_at, out)
    else:
        from campaigns.reports.web import write_html

        write_html(lay_out(told, language, digits), out)
