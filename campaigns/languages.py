"""The three languages, and values that hold exactly one thing for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

T = TypeVar("T")


class Language(StrEnum):
    AR = "ar"
    EN = "en"
    FR = "fr"

    @property
    def direction(self) -> Literal["rtl", "ltr"]:
        return "rtl" if self is Language.AR else "ltr"

    @property
    def own_name(self) -> str:
        return {"ar": "العربية", "en": "English", "fr": "Français"}[self.value]


@dataclass(frozen=True)
class Trilingual(Generic[T]):
    """Exactly one value for each language; none of them is "the original"."""

    ar: T
    en: T
    fr: T

    def in_(self, language: Language) -> T:
        value: T = getattr(self, language.value)
        return value

    def __iter__(self) -> Iterator[tuple[Language, T]]:
        return ((language, self.in_(language)) for language in Language)
