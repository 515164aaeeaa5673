"""What designers write: the house's palette and type, and templates of layers, read from YAML and checked.

Boxes are in hundredths of the picture's width (`start`, `end`) and height (`top`, `height`); sizes and gaps in
hundredths of its shorter side. There is no left or right: Arabic mirrors by itself.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from campaigns.languages import Language
from campaigns.paths import shipped
from platforms.contract import Shape

Role = Literal["text", "quiet", "accent"]
M = TypeVar("M", bound=BaseModel)


class BadRecipe(ValueError):
    """A template or the house file is not as it should be; one line says where and what."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_colour(value: str) -> str:
    if len(value) != 7 or not value.startswith("#") or not all(c in "0123456789abcdefABCDEF" for c in value[1:]):
        raise ValueError(f"{value!r} is not a colour; write it as #0E2A33")
    return value


Hex = Annotated[str, AfterValidator(_is_colour)]


class Ground(_Strict):
    """One scheme of colours, by their names in the palette, with its pattern."""

    near: str
    far: str
    text: str
    quiet: str
    accent: str
    pattern: str
    line: str
    strength: float = Field(gt=0, le=0.6)
    fade: Literal["corners", "ends", "foot"]
    cell: float


class Cut(_Strict):
    family: str
    weight: int = 400
    leading: float = Field(ge=1, le=3)
    space: float = Field(default=1.0, ge=0.6, le=1.2)


class Style(_Strict):
    """How a kind of words is set: the face by language (or `verse`), sizes from least to most, lines at most."""

    faces: dict[Literal["ar", "en", "fr", "verse"], Cut]
    sizes: tuple[float, float]
    lines: int = Field(ge=1, le=14)

    def cut(self, language: Language, *, verse: bool = False) -> Cut:
        if verse and language is Language.AR and "verse" in self.faces:
            return self.faces["verse"]
        return self.faces[language.value]


class House(_Strict):
    palette: dict[str, Hex]
    grounds: dict[str, Ground]
    styles: dict[str, Style]
    numerals: dict[Language, str]
    rehearsal: dict[Language, str]

    def colour(self, name: str) -> tuple[int, int, int]:
        value = int(self.palette[name][1:], 16)
        return value >> 16, value >> 8 & 255, value & 255

    @model_validator(mode="after")
    def _readable(self) -> House:
        for name, ground in self.grounds.items():
            for role, least in (("text", 7.0), ("quiet", 4.5), ("accent", 4.5)):
                for behind in (ground.near, ground.far):
                    found = contrast(self.colour(getattr(ground, role)), self.colour(behind))
                    if found < least:
                        raise ValueError(
                            f"on the ground {name}, {role} has a contrast of {found:.1f} to {behind}; it needs {least}"
                        )
        return self


class Box(_Strict):
    start: float = Field(ge=0, lt=100)
    end: float = Field(ge=0, lt=100)
    top: float = Field(ge=0, lt=100)
    height: float = Field(gt=0, le=100)

    @model_validator(mode="after")
    def _inside(self) -> Box:
        if self.start + self.end >= 95 or self.top + self.height > 100:
            raise ValueError("the box leaves the picture or has no width; mend start, end, top or height")
        return self


class Words(_Strict):
    """A field of the card, in a style."""

    kind: Literal["words"]
    field: str
    style: str
    colour: Role = "text"
    align: Literal["start", "center", "end"] = "center"
    grows: bool = False


class Rule(_Strict):
    kind: Literal["rule"]
    length: float
    thickness: float = 0.28
    align: Literal["start", "center", "end"] = "center"


class Points(_Strict):
    """A numbered list, all points at one size."""

    kind: Literal["points"]
    field: str
    style: str
    gap: float
    """Between points, in em."""
    grows: bool = True


class Mark(_Strict):
    kind: Literal["mark"]
    size: float
    align: Literal["start", "center", "end"] = "center"


Part = Annotated[Words | Rule | Points | Mark, Field(discriminator="kind")]


class Layer(_Strict):
    """Parts under one another in a box, `gap` apart; an empty field leaves no hole."""

    id: str
    box: Box
    parts: tuple[Part, ...]
    gap: float = 0.0
    stand: Literal["top", "middle", "bottom"] = "middle"


class Stamp(_Strict):
    """Where the label of a rehearsal stands: its middle, and its style."""

    style: str
    top: float
    size: float


class Template(_Strict):
    """`scenes` by name: a card has one, `card`; a film has `title`, `slide` and `closing`."""

    name: str
    grounds: tuple[str, ...]
    scenes: dict[str, tuple[Layer, ...]]
    stamp: Stamp
    shapes: dict[Shape, dict[str, Box]] = {}
    """Boxes that differ in a shape, by layer."""
    stamps: dict[Shape, float] = {}
    """Tops of the rehearsal label that differ in a shape."""

    def layers(self, scene: str, shape: Shape) -> tuple[tuple[Layer, Box], ...]:
        boxes = self.shapes.get(shape, {})
        return tuple((layer, boxes.get(layer.id, layer.box)) for layer in self.scenes[scene])


@lru_cache(maxsize=1)
def house() -> House:
    return read(shipped("templates") / "designs" / "house.yaml", House)


@lru_cache(maxsize=8)
def template(folder: str, name: str) -> Template:
    """The template `templates/<folder>/<name>/template.yaml`. Raises BadRecipe."""
    found = read(shipped("templates") / folder / name / "template.yaml", Template)
    _check_names(found)
    return found


def read(path: Path, model: type[M]) -> M:
    """A YAML file as `model`. Raises BadRecipe with one line: file, place, what is wrong."""
    try:
        return model.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise BadRecipe(f"{_short(path)}, {place}: {first['msg']}.") from error
    except yaml.YAMLError as error:
        raise BadRecipe(f"{_short(path)} is not YAML: {' '.join(str(error).split())}") from error


def _short(path: Path) -> str:
    return "/".join(path.parts[-3:])


def _check_names(found: Template) -> None:
    styles, grounds = house().styles, house().grounds
    layers = [layer for scene in found.scenes.values() for layer in scene]
    named = [part.style for layer in layers for part in layer.parts if isinstance(part, Words | Points)]
    for style in [*named, found.stamp.style]:
        if style not in styles:
            raise BadRecipe(f"{found.name}: there is no style {style!r} in house.yaml.")
    for ground in found.grounds:
        if ground not in grounds:
            raise BadRecipe(f"{found.name}: there is no ground {ground!r} in house.yaml.")
    for shape, boxes in found.shapes.items():
        for unknown in boxes.keys() - {layer.id for layer in layers}:
            raise BadRecipe(f"{found.name}, {shape}: there is no layer {unknown!r}.")


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2, relative luminance, read 2026-08)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
