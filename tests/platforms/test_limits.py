"""One table holds every number that a network sets, with where it was read and when."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from platforms import limits
from platforms.contract import Form, Network, Outgoing
from tests.factories import UPRIGHT_FILM

ROOT = Path(__file__).parents[2]
OWN_CODE = sorted((ROOT / "platforms").glob("*/limits.py"))


@pytest.mark.parametrize("row", limits.table().values(), ids=lambda row: f"{row.network}-{row.part}-{row.what}")
def test_each_row_says_its_unit_its_source_and_the_day_it_was_read(row: limits.Limit) -> None:
    assert row.unit and row.source and isinstance(row.read, date)
    assert row.among or row.least is not None or row.most is not None


@pytest.mark.parametrize("file", OWN_CODE, ids=lambda file: str(file.parent.name))
def test_no_number_stands_in_an_adapters_own_limits(file: Path) -> None:
    assert set(_numbers(ast.parse(file.read_text(encoding="utf-8")))) <= {0, 1}


def _numbers(tree: ast.Module) -> Iterator[float]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node.value


def test_the_page_of_limits_is_the_table() -> None:
    assert (ROOT / "docs/limits.md").read_text(encoding="utf-8") == limits.as_page()


def test_every_network_takes_a_plain_upright_film() -> None:
    for network in Network:
        assert not list(limits.misfits(network, "video", UPRIGHT_FILM))


def test_what_nobody_looked_at_is_not_held_against_a_film_but_its_length_must_be_known() -> None:
    unknown = replace(UPRIGHT_FILM, codec="", sound_codec="", frame_rate=None, pixel_format="", index_first=None)
    assert not list(limits.misfits(Network.X, "video", unknown))
    ((row, measured),) = limits.misfits(Network.X, "video", replace(unknown, duration=None))
    assert (row.what, measured) == ("seconds", None)


def test_a_story_stands_upright_for_a_minute_at_most() -> None:
    part = limits.part_for(Network.INSTAGRAM, Form.STORY, UPRIGHT_FILM.mime_type)
    assert part == "story video"
    assert not list(limits.misfits(Network.INSTAGRAM, part, UPRIGHT_FILM))
    wrong = replace(UPRIGHT_FILM, height=720, duration=timedelta(seconds=61), size=100_000_001)
    assert {row.what for row, _ in limits.misfits(Network.INSTAGRAM, part, wrong)} == {"ratio", "seconds", "bytes"}


def test_each_wording_is_counted_in_its_networks_unit() -> None:
    said = {network: limits.fits(network, _outgoing("ﷺ سلام")) for network in Network}
    assert [(each.used, each.limit, each.left, each.unit) for each in said[Network.X]] == [
        (7, 280, 273, "weighted characters")
    ]
    assert {each.what: (each.used, each.unit) for each in said[Network.YOUTUBE]} == {
        "description": (12, "UTF-8 bytes"),
        "title": (5, "characters"),
    }
    (website,) = said[Network.WEBSITE]
    assert (website.used, website.limit, website.left) == (6, None, None)


def test_a_story_has_no_words_that_could_be_too_long() -> None:
    assert limits.fits(Network.INSTAGRAM, replace(_outgoing("السلام"), form=Form.STORY)) == ()


def test_a_film_with_its_index_at_the_end_is_refused_in_words_that_say_what_to_do() -> None:
    late = replace(UPRIGHT_FILM, path=Path("the film"), index_first=False)
    (error,) = limits.refused_files(Network.INSTAGRAM, replace(_outgoing(""), form=Form.VIDEO, media=(late,)))
    assert str(error) == (
        "the film has an index at the end; Instagram takes an index in front: export it for the web (fast start)"
    )


def _outgoing(text: str) -> Outgoing:
    return Outgoing(key="k", language="ar", form=Form.TEXT, text=text, title="السلم")
