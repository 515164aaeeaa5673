"""The few words of our own that an article needs, in the languages of the Centre."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """`false` is what a claim that facts disprove is called; `misconception` a belief that doctrine answers."""

    own_name: str
    house: str
    elsewhere: str
    references: str
    correction: str
    false: str
    misconception: str
    right_to_left: bool = False


_SPOKEN = {
    "ar": Spoken(
        own_name="العربية",
        house="صوت الحكمة",
        elsewhere="هذا المقال بلغات أخرى:",
        references="المراجع",
        correction="تصحيح",
        false="غير صحيح",
        misconception="مفهوم خاطئ",
        right_to_left=True,
    ),
    "en": Spoken(
        own_name="English",
        house="Sawt al-Hikma",
        elsewhere="This article in other languages:",
        references="References",
        correction="Correction",
        false="False",
        misconception="Misconception",
    ),
    "fr": Spoken(
        own_name="Français",
        house="Sawt al-Hikma",
        elsewhere="Cet article dans d’autres langues\u202f:",
        references="Références",
        correction="Rectificatif",
        false="Faux",
        misconception="Idée fausse",
    ),
}


def in_(language: str) -> Spoken:
    return _SPOKEN[language]
