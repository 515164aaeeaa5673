"""What designers write is checked, and a mistake is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.studio import recipes
from campaigns.studio.recipes import BadRecipe, House, Template, read


@pytest.mark.parametrize(("folder", "name"), [("designs", "quotation"), ("designs", "points"), ("films", "slides")])
def test_every_shipped_template_is_sound(folder: str, name: str) -> None:
    assert recipes.template(folder, name).name == name


def test_a_mistake_in_a_template_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    layer = "{id: a, box: {start: 60, end: 60, top: 1, height: 2}, parts: []}"
    stamp = "{style: stamp, top: 1, size: 2}"
    path.write_text(f"name: x\ngrounds: [night]\nstamp: {stamp}\nscenes: {{card: [{layer}]}}\n")
    with pytest.raises(BadRecipe, match=r"scenes\.card\.0\.box: .*the box leaves the picture") as told:
        read(path, Template)
    assert "\n" not in str(told.value)


def test_yaml_that_is_not_yaml_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    path.write_text("palette: {ink: [")
    with pytest.raises(BadRecipe, match="is not YAML") as told:
        read(path, House)
    assert "\n" not in str(told.value)


def test_a_ground_on_which_words_are_hard_to_read_is_refused() -> None:
    plain = recipes.house().model_dump()
    plain["palette"]["gold"] = "#3A4A40"
    with pytest.raises(ValueError, match="accent has a contrast of"):
        House.model_validate(plain)


def test_contrast_is_measured_as_the_web_guidelines_do() -> None:
    assert recipes.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert recipes.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
