"""The papers tell the truth: links lead somewhere, and commands, variables, modules and networks are as they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from campaigns.cli import app
from platforms import entrance
from platforms.contract import Network

ROOT = Path(__file__).parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("assets/**/*.md")])
OPERATING = ROOT / "docs" / "operating.md"

_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_NAMED = re.compile(r"(?:^|[`/\s=])sawt (?P<command>[a-z][a-z-]*)(?P<rest>[^`\n]*)", re.MULTILINE)
_SHOWN = re.compile(r"`[^`\n]+`|^```sh\n.*?^```$|^ExecStart=.*$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"(?<=\s)--[a-z][a-z-]*")


def named(paper: Path) -> str:
    return paper.relative_to(ROOT).as_posix()


every_paper = pytest.mark.parametrize("paper", PAPERS, ids=named)


@every_paper
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(paper: Path) -> None:
    for target in _LINK.findall(_CODE.sub("", paper.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://")):
            continue
        name, _, heading = target.partition("#")
        file = (paper.parent / name).resolve() if name else paper
        assert file.exists(), f"{named(paper)} leads to {target}"
        assert not heading or heading in headings(file), f"{named(paper)} leads to {target}"


def headings(paper: Path) -> set[str]:
    """As the places of repositories name them in addresses."""
    lines = _CODE.sub("", paper.read_text(encoding="utf-8")).splitlines()
    titles = (line.lstrip("#").strip().lower() for line in lines if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def commands() -> dict[str, set[str]]:
    """The options of each command and of what is under it, by its name."""
    return {name: options(command) for name, command in typer.main.get_group(app).commands.items()}


def options(command: Any) -> set[str]:
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*(options(each) for each in getattr(command, "commands", {}).values()))


def told_commands(paper: Path) -> Iterator[tuple[str, str]]:
    """Each command that a paper shows as code, with the rest of its line."""
    for shown in _SHOWN.findall(paper.read_text(encoding="utf-8")):
        for match in _NAMED.finditer(shown):
            yield match["command"], match["rest"].partition("#")[0]


@every_paper
def test_every_command_that_is_told_of_can_be_given_with_the_options_told(paper: Path) -> None:
    there = commands()
    for command, rest in told_commands(paper):
        assert command in there, f"{named(paper)} tells of sawt {command}"
        unknown = set(_OPTION.findall(rest)) - there[command] - {"--help"}
        assert not unknown, f"{named(paper)} tells of sawt {command} {unknown}"


def test_every_command_is_told_of_with_options_that_it_has() -> None:
    rows = re.findall(r"^\| `sawt ([a-z-]+)[^`]*` \| (.*) \|$", OPERATING.read_text(encoding="utf-8"), re.MULTILINE)
    there = commands()
    assert {name for name, _ in rows} == set(there)
    for name, told in rows:
        assert set(re.findall(r"`(--[a-z-]+)", told)) <= there[name], name


def test_the_variables_told_of_are_those_that_the_code_reads() -> None:
    code = [
        *(ROOT / "campaigns").rglob("*.py"),
        *(ROOT / "platforms").rglob("*.py"),
        ROOT / "scheduler.py",
        ROOT / "tests" / "conftest.py",
    ]
    read = {name for file in code for name in re.findall(r'"(SAWT_[A-Z_]+)"', file.read_text(encoding="utf-8"))}
    table = OPERATING.read_text(encoding="utf-8").partition("## Environment variables")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"SAWT_[A-Z_]+", row)} == read


def tree() -> set[Path]:
    """The paths of structure.md's tree: four spaces a level, several names on a line, then words after two spaces."""
    block = re.search(r"^```tree\n(.*?)^```", (ROOT / "docs/structure.md").read_text(encoding="utf-8"), re.M | re.S)
    assert block is not None
    told, above = set(), [ROOT]
    for line in block[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 4
        names = re.split(r"\s{2,}", line.strip())[0].split(" ")
        above[depth + 1 :] = [above[depth] / names[0]]
        told |= {above[depth] / name for name in names}
    return told


def test_everything_in_the_tree_is_there() -> None:
    assert not {named(path) for path in tree() if not path.exists()}


@pytest.mark.parametrize(
    "room", ["campaigns", "campaigns/models", "campaigns/publishing", "campaigns/engine", "platforms"]
)
def test_every_module_and_room_has_its_place_in_the_tree(room: str) -> None:
    modules = {file for file in (ROOT / room).glob("*.py") if not file.name.startswith("__")}
    rooms = {folder.parent for folder in (ROOT / room).glob("*/__init__.py")}
    told = {path.resolve() for path in tree()}
    assert not {named(path) for path in modules | rooms if path.resolve() not in told}


def test_every_field_of_the_credentials_is_told_of() -> None:
    from platforms.facebook.signin import PageCredentials
    from platforms.instagram.signin import InstagramCredentials
    from platforms.shelf.bucket import Bucket
    from platforms.website.signin import SignIn as WebsiteSignIn
    from platforms.x.signin import SignIn as XSignIn

    text = OPERATING.read_text(encoding="utf-8").partition("## Credentials")[2].partition("\n## ")[0]
    fields = {
        "x": set(XSignIn.model_fields) - {"refresh_token", "expires_at"},  # of the store alone: a file renews nothing
        "facebook": set(PageCredentials.model_fields),
        "instagram": set(InstagramCredentials.model_fields),
        "youtube": {"client_id", "client_secret", "refresh_token", "channel_id", "access_token"},
        "website": set(WebsiteSignIn.model_fields),
        "media": {"kind", *Bucket.model_fields},
    }
    tables = re.split(r"^\[", text, flags=re.MULTILINE)[1:]
    told = {re.split(r"[-\]]", each)[0]: set(re.findall(r"^#? ?(\w+) = ", each, re.MULTILINE)) for each in tables}
    doors = [entrance(network) for network in Network]
    fields |= {f"apps.{door.app}": {*door.app_fields, *door.app_options} for door in doors if door.app}
    assert told == fields


def test_decisions_are_numbered_without_gaps_and_have_their_three_parts() -> None:
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith(f"# {file.name[:4]} "), file.name
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequence")), file.name
