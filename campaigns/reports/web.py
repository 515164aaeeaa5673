"""Write a summary as one HTML page that needs nothing else, or as a body for the desk's own pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from campaigns.reports.palette import TEMPLATES, colours
from campaigns.reports.tables import Paper


def write_html(paper: Paper, out: Path) -> None:
    page = (
        _templates()
        .get_template("summary.html")
        .render(paper=paper, style=style(), background=colours()["paper"], alert=colours()["alert"])
    )
    out.write_text(page, encoding="utf-8")


def body(paper: Paper) -> Markup:
    """The summary as one <article>, for a page that has `style()` among its style sheets."""
    return Markup(_templates().get_template("body.html").render(paper=paper))  # noqa: S704 - autoescaped


def style() -> Markup:
    """The style sheet with the palette in front."""
    variables = "".join(f"--{name}:{colour};" for name, colour in colours().items())
    sheet = (TEMPLATES / "summary.css").read_text(encoding="utf-8")
    return Markup(f".summary{{{variables}}}\n{sheet}")  # noqa: S704 - our own file


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
