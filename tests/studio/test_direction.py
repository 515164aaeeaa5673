"""Which way letters run, against a second implementation of the same rules."""

from __future__ import annotations

import random

import pytest
from bidi import get_display

from campaigns.studio.direction import FSI, LRI, PDI, RLI, isolate, levels, visual

LETTERS = [*"ab Cاب ت12٣٤ +-%.,:()[]«»#@ـَ–۝", LRI, RLI, FSI, PDI]


def drawn(text: str, base: int) -> str:
    """The characters from left to right, brackets not yet mirrored."""
    runs = visual(text, levels(text, base), base, 0, len(text))
    return "".join(text[run.start : run.end][:: -1 if run.level % 2 else 1] for run in runs)


@pytest.mark.parametrize("base", [0, 1])
def test_the_order_of_any_mixture_is_the_one_that_another_implementation_finds(base: int) -> None:
    chance = random.Random(base)
    for _ in range(1500):
        text = "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 14)))
        assert drawn(text, base) == get_display(text, base_dir="LR"[base]), ascii(text)


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("تابعوا @voice_ofwisdom، الآن", "@voice_ofwisdom"),
        ("زوروا https://oic.example/ar?x=1، الآن", "https://oic.example/ar?x=1"),
        ("زوروا oic.example/ar الآن", "oic.example/ar"),
        ("راسلوا a.b@oic.example الآن", "a.b@oic.example"),
        ("وسم #Mercy_2020 الآن", "#Mercy_2020"),
        ("من 1–31 يوما", "1–31"),
        ("نسبة +18.5% تقريبا", "+18.5%"),
        ("في 2020-11-27 صباحا", "2020-11-27"),
    ],
)
def test_handles_addresses_ranges_and_signed_numbers_hold_together_in_arabic(text: str, together: str) -> None:
    ready = isolate(text, 1)
    assert together in drawn(ready, 1)
    assert ready.replace(LRI, "").replace(FSI, "").replace(PDI, "") == text


def test_a_telephone_number_is_never_broken_or_turned() -> None:
    assert "+966\u00a012\u00a0345\u00a06789" in drawn(isolate("هاتف +966 12 345 6789 فقط", 1), 1)


def test_an_arabic_hashtag_in_french_begins_at_its_right() -> None:
    ready = isolate("Suivez #رحمة !", 0)
    assert drawn(ready, 0).replace(FSI, "").replace(PDI, "") == "Suivez ةمحر# !"


def test_arabic_indic_figures_are_left_to_run_as_they_are_read() -> None:
    assert isolate("من ١–٣١ و٢٥٪", 1) == "من ١–٣١ و٢٥٪"


def test_what_is_already_isolated_is_not_isolated_again() -> None:
    once = isolate("تابعوا @voice", 1)
    assert isolate(once, 1) == once
