"""Our own words in three languages, from campaigns/locale; nothing that an audience will read.

A word that is missing is a mistake of ours and raises. Values set into a sentence are isolated, so that an
English name cannot turn an Arabic sentence round.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from campaigns.languages import Language

LOCALES = {Language.AR: "ar", Language.EN: "en_GB", Language.FR: "fr"}
"""As Babel calls them, for the names of days, months and cities."""
_FOLDER = Path(__file__).parent / "locale"
_ISOLATE, _POP = "\u2068", "\u2069"
_DECIMAL = {Language.AR: ".", Language.EN: ".", Language.FR: ","}
_GROUPING = {Language.AR: ",", Language.EN: ",", Language.FR: "\u202f"}


class MissingWord(KeyError):
    """A key that the language's file in campaigns/locale does not have."""


class Words:
    """One language's words: `say` a sentence, `count` things, write `digits`."""

    def __init__(self, language: Language) -> None:
        self.language = language
        by_key = _flat(tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))
        self.by_key = {key: _typeset(word, language) for key, word in by_key.items()}

    def say(self, key: str, **values: object) -> str:
        """The sentence under `key`, such as "today.title", with `values` set in. Raises MissingWord."""
        return self._sentence(key).format(**{name: self._set(value) for name, value in values.items()})

    def say_or(self, key: str, otherwise: str) -> str:
        """For the team's own words, such as a category that it made up: `otherwise` if we have none."""
        return self.by_key.get(key, otherwise)

    def count(self, key: str, number: int, **values: object) -> str:
        """ "3 posts", with the form that the language wants for this number."""
        return self.say(f"{key}.{plural(number, self.language)}", n=number, **values)

    def digits(self, number: int) -> str:
        """Western digits in all three languages, grouped as each of them does; the one place to change that."""
        return f"{number:,}".replace(",", _GROUPING[self.language])

    def _sentence(self, key: str) -> str:
        try:
            return self.by_key[key]
        except KeyError:
            raise MissingWord(f"{key} is not in campaigns/locale/{self.language}.toml") from None

    def decimal(self, number: float) -> str:
        """One digit behind the point, or the comma."""
        return f"{number:.1f}".replace(".", _DECIMAL[self.language])

    def dollars(self, millionths: int) -> str:
        """ "$12.40" of millionths of a US dollar: to the cent, and to a tenth of one where it counts."""
        exact = f"{millionths / 1_000_000:,.3f}".removesuffix("0")
        local = {",": _GROUPING[self.language], ".": _DECIMAL[self.language]}
        return self.say("site.dollars", amount="".join(local.get(sign, sign) for sign in exact))

    def _set(self, value: object) -> str:
        if isinstance(value, float):
            return self.decimal(value)
        return self.digits(value) if isinstance(value, int) else f"{_ISOLATE}{value}{_POP}"


@cache
def words_in(language: Language) -> Words:
    return Words(language)


def unmarked(sentence: str) -> str:
    """Without the marks that isolate values, for terminals and scripts."""
    return sentence.replace(_ISOLATE, "").replace(_POP, "")


def plural(number: int, language: Language) -> str:
    """CLDR's cardinal category; Arabic has six. Source: CLDR 46, plural rules, read 2026-11."""
    if language is Language.AR:
        return _arabic_plural(number)
    few = (0, 1) if language is Language.FR else (1,)
    return "one" if number in few else "other"


def _arabic_plural(number: int) -> str:
    if number <= 2:
        return ("zero", "one", "two")[number]
    if 3 <= number % 100 <= 10:
        return "few"
    return "many" if number % 100 >= 11 else "other"


def _typeset(word: str, language: Language) -> str:
    """French keeps high punctuation and quotation marks on the line of their word."""
    return re.sub(r"(?<=«) | (?=[»:;!?])", "\u202f", word) if language is Language.FR else word


def _flat(table: dict[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(value)
    return found
