"""The command as a person or a script uses it: a process of its own, a home of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent


class Command:
    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAWT_")}
        return subprocess.run(
            [sys.executable, "-m", "campaigns.cli", *words],
            env={**clean, "SAWT_HOME": str(self.home), "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environ},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def json(self, *words: str) -> Any:
        done = self(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def sawt(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


def week(folder: Path, **changes: str) -> Path:
    file = folder / "posts.yaml"
    post = {
        "key": "kind-words",
        "kind": "text",
        "campaign": "open-doors",
        "misconceptions": "is-monolith",
        "text_ar": "الكلمة الطيبة صدقة.",
        "text_en": "A kind word is charity.",
        "text_fr": "Une bonne parole est une aumône.",
        "hashtags_en": "#KindWords",
        "accounts": "x-ar;x-en;facebook-fr",
        "at": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
        "timezone": "UTC",
        "author": "Amina",
    }
    file.write_text(yaml.safe_dump({"posts": [post | changes]}, allow_unicode=True), encoding="utf-8")
    return file


def test_how_words_fit_is_told_for_each_account(sawt: Command, tmp_path: Path) -> None:
    sawt("import", str(week(tmp_path)))
    rows = {row["account"]: row for row in sawt.json("fit", "kind-words")}
    assert set(rows) == {"x-ar", "x-en", "facebook-fr"}
    (words,) = rows["x-en"]["words"]
    assert (words["used"], words["limit"], words["left"], words["parts"]) == (35, 280, 245, 1)
    assert "x-en" in sawt("fit", "kind-words").stdout


def test_a_post_goes_its_whole_way_by_command(sawt: Command, tmp_path: Path) -> None:
    file = week(tmp_path)
    assert "new 1" in sawt("import", str(file)).stdout
    assert "unchanged 1" in sawt("import", str(file)).stdout
    assert sawt("submit", "kind-words").returncode == 0
    refused = sawt("approve", "kind-words", "--by", "Amina", "--as", "editor")
    assert (refused.returncode, "somebody else" in refused.stderr) == (1, True)
    assert "3 publications planned" in sawt("approve", "--all", "--by", "Yusuf", "--as", "editor").stdout
    assert {row["state"] for row in sawt.json("plan")} == {"planned"}
    published = sawt("publish")
    assert "REHEARSAL" in published.stderr
    rows = sawt.json("publications")
    assert {row["state"] for row in rows} == {"published"}, rows
    assert {"key", "post", "account", "network", "language", "due_at", "published_at", "remote_id", "url"} < set(
        rows[0]
    )
    assert rows[0]["misconceptions"] == ["is-monolith"]
    assert (rows[0]["campaign"], rows[0]["kind"]) == ("open-doors", "text")
    assert sawt("measure").returncode == 0
    readings = sawt.json("readings")
    assert {row["publication"] for row in readings} <= {row["key"] for row in rows}
    assert {"publication", "metric", "value", "unit", "taken_at", "source"} == set(readings[0])
    month = f"{datetime.now(UTC):%Y-%m}"
    told = sawt("summary", month, "--lang", "ar,en", "--format", "html,pdf,xlsx", "--out", str(tmp_path / "told"))
    assert told.returncode == 0, told.stderr
    assert len(list((tmp_path / "told").iterdir())) == 6


def test_a_name_that_nobody_has_decides_nothing_until_it_is_given_a_role(sawt: Command, tmp_path: Path) -> None:
    sawt("import", str(week(tmp_path)))
    sawt("submit", "--all")
    for verb in ("approve", "send-back"):
        unknown = sawt(verb, "kind-words", "--by", "Yusuf", "--remark", "Well said.")
        assert (unknown.returncode, "nobody here is called 'Yusuf'" in unknown.stderr) == (1, True)
        assert "--as editor" in unknown.stderr
    own = sawt("approve", "kind-words", "--by", " amina.", "--as", "editor")
    assert (own.returncode, "Amina wrote this post" in own.stderr) == (1, True)
    assert sawt("approve", "kind-words", "--by", "Yusuf", "--as", "editor").returncode == 0


def test_one_bad_post_keeps_no_other_back_and_is_told_at_the_end(sawt: Command, tmp_path: Path) -> None:
    file = week(tmp_path)
    [post] = yaml.safe_load(file.read_text(encoding="utf-8"))["posts"]
    posts = [post | {"key": key, "author": author} for key, author in (("first", "Yusuf"), ("second", "Amina"))]
    file.write_text(yaml.safe_dump({"posts": posts}, allow_unicode=True), encoding="utf-8")
    sawt("import", str(file))
    done = sawt("submit", "no-such", "first", "second")
    assert (done.returncode, done.stdout.count("handed in")) == (1, 2)
    assert "there is no post 'no-such'" in done.stderr
    assert "1 of 3 posts" in done.stderr
    done = sawt("approve", "--all", "--by", "Yusuf", "--as", "editor")
    assert (done.returncode, "second: approved, 3 publications planned" in done.stdout) == (1, True)
    assert "first: Yusuf wrote this post" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "nowhere.csv"), "nowhere.csv"),
        (("approve", "nothing", "--by", "Yusuf"), "there is no post 'nothing'"),
        (("approve", "nothing", "--as", "king"), "write writer, scholar, editor, administrator"),
        (("sign-in", "Yusuf", "--as", "king"), "write writer, scholar, editor, administrator"),
        (("hold", "--account", "x-zz", "--reason", "a test"), "there is no account 'x-zz'"),
        (("hold", "--everything"), "say why"),
        (("hold", "--everything", "--reason", "x" * 301), "shorten it, nothing was stopped"),
        (("backup", "/no/such/folder"), "there is no folder /no/such; make it first"),
        (("run", "--port", "99999"), "65535"),
        (("publications", "--post", "nothing"), "there is no post 'nothing'"),
        (("publications", "--account", "x-zz"), "there is no account 'x-zz'"),
        (("readings", "--publication", "nothing"), "there is no publication 'nothing'"),
        (("release", "--everything"), "nothing is held"),
        (("summary", "2026-13"), "2026-13"),
        (("summary", "2026-11", "--lang", "de"), "ar, en, fr"),
        (("publications", "--state", "lost"), "lost"),
        (("withdraw", "nothing", "--reason", "a test"), "there is no publication 'nothing'"),
        (("resolve", "nothing", "--not-published"), "there is no publication 'nothing'"),
        (("resolve", "nothing"), "--published ADDRESS or"),
        (("release", "nothing"), "there is no publication 'nothing'"),
        (("accounts", "--resume", "x-en"), "x-en is not paused"),
        (("accounts", "--resume", "x-zz"), "there is no account 'x-zz'"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else "",
)
def test_an_error_is_one_clear_line_and_never_a_traceback(sawt: Command, words: tuple[str, ...], says: str) -> None:
    done = sawt(*words)
    assert done.returncode != 0
    assert says in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_an_import_with_faults_stores_nothing_and_says_all_of_them(sawt: Command, tmp_path: Path) -> None:
    done = sawt("import", str(week(tmp_path, kind="poem", misconceptions="is-monolit", timezone="Mars")))
    assert done.returncode == 1
    assert all(word in done.stdout for word in ("kind", "is-monolith", "timezone"))
    assert sawt.json("plan") == []
    assert sawt("import", str(week(tmp_path))).stdout.startswith("new 1")


def test_a_lever_holds_what_it_covers_until_a_person_puts_it_back(sawt: Command, tmp_path: Path) -> None:
    sawt("import", str(week(tmp_path)))
    sawt("submit", "--all")
    sawt("approve", "--all", "--by", "Yusuf", "--as", "editor")
    assert sawt("hold", "--network", "x", "--reason", "a day of mourning").returncode == 0
    sawt("publish")
    states = {row["account"]: row["state"] for row in sawt.json("publications")}
    assert states == {"x-ar": "held", "x-en": "held", "facebook-fr": "published"}
    assert [row["value"] for row in sawt.json("hold", "--list")] == ["x"]
    assert sawt("release", "--network", "x").returncode == 0
    sawt("publish")
    assert {row["state"] for row in sawt.json("publications", "--account", "x-ar")} == {"held"}
    nothing_new = sawt("release", "kind-words:x-ar:ar", "--at", "slot").stderr
    assert "'slot' is no date and hour; write one like 2026-11-22T18:00\n" in nothing_new
    sawt("release", "kind-words:x-en:en")
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).date()
    assert "holds until" in sawt("release", "kind-words:x-ar:ar", "--at", "2099-01-01T18:00").stderr
    sawt("release", "kind-words:x-ar:ar", "--at", f"{in_a_month}T18:00")
    sawt("publish")
    rows = {row["account"]: row for row in sawt.json("publications")}
    assert {account: row["state"] for account, row in rows.items()} == {
        "x-ar": "planned",
        "x-en": "published",
        "facebook-fr": "published",
    }
    assert rows["x-ar"]["due_at"] == f"{in_a_month}T15:00:00+00:00", "six in the evening where the account speaks"


def test_what_is_held_twice_says_by_whom_already_and_why(sawt: Command) -> None:
    assert "already" not in sawt("hold", "--network", "x", "--reason", "a day of mourning", "--by", "Amina").stdout
    again = sawt("hold", "--network", "x", "--reason", "another", "--by", "Yusuf").stdout
    assert "it was held already by Amina: a day of mourning" in again
    assert "released: network x. What it held" in sawt("release", "--network", "x").stdout
    sawt("hold", "--everything", "--reason", "a test")
    assert "released: everything. What it held" in sawt("release", "--everything").stdout
    assert sawt.json("hold", "--list") == []


def test_what_is_out_is_taken_down_by_command_and_every_step_is_told(sawt: Command, tmp_path: Path) -> None:
    x, facebook = "kind-words:x-en:en", "kind-words:facebook-fr:fr"
    sawt("import", str(week(tmp_path, accounts="x-en;facebook-fr")))
    sawt("submit", "--all")
    sawt("approve", "--all", "--by", "Yusuf", "--as", "editor")
    sawt("publish")

    def told() -> dict[str, tuple[str, str]]:
        return {row["key"]: (row["state"], row["says"]) for row in sawt.json("publications")}

    assert {state for state, _ in told().values()} == {"published"}
    assert told()[x][1].startswith("It went out at ")
    unexplained = sawt("withdraw", x)
    assert (unexplained.returncode, "say why" in unexplained.stderr) == (1, True)
    assert sawt("withdraw", x, "--reason", "the date is wrong", "--by", "Ibrahim").returncode == 0
    state, says = told()[x]
    assert (state, says.partition(". ")[0]) == (
        "withdrawing",
        "Ibrahim asked for it to be taken down: the date is wrong",
    )
    twice = sawt("withdraw", x, "--reason", "the date is wrong")
    assert (twice.returncode, "being taken down already" in twice.stderr) == (1, True)
    sawt("publish")
    assert told()[x][0] == "withdrawn"
    with sqlite3.connect(sawt.home / "sawt.sqlite") as database:
        database.execute("UPDATE publications SET remote_id = 'pfbid02abc' WHERE key = ?", (facebook,))
    unknown = sawt("withdraw", facebook, "--reason", "the date is wrong")
    assert (unknown.returncode, "does not know it as pfbid02abc" in unknown.stderr) == (1, True)
    database.close()
    assert sawt("withdraw", facebook, "--done", "--reason", "deleted in the app").returncode == 0
    state, says = told()[facebook]
    assert (state, says.startswith("It was out, and was taken down at ")) == ("withdrawn", True)


def test_an_address_settles_what_is_uncertain_only_with_the_network_s_id(sawt: Command, tmp_path: Path) -> None:
    sawt("import", str(week(tmp_path, accounts="x-en")))
    sawt("submit", "--all")
    sawt("approve", "--all", "--by", "Yusuf", "--as", "editor")
    key = "kind-words:x-en:en"
    for address, says in (
        ("somewhere", "'somewhere' is no address"),
        ("https://x.com/sawt", "does not hold the id under which X keeps the post"),
        ("https://x.com/i/status/1993", "not uncertain"),
    ):
        done = sawt("resolve", key, "--published", address)
        assert (done.returncode, says in done.stderr) == (1, True), done.stderr
    assert [row["state"] for row in sawt.json("publications")] == ["planned"]


def test_an_account_with_credentials_speaks_to_its_address_and_nowhere_else(sawt: Command, tmp_path: Path) -> None:
    secret = "very-secret-token"
    credentials = tmp_path / "credentials.toml"
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    credentials.write_text("[x-en]\n" + "\n".join(f'{name} = "{secret}"' for name in names))
    address = {"SAWT_CREDENTIALS_FILE": str(credentials), "SAWT_X_URL": "http://127.0.0.1:9"}
    sawt("import", str(week(tmp_path, accounts="x-en")), **address)
    sawt("submit", "--all", **address)
    sawt("approve", "--all", "--by", "Yusuf", "--as", "editor", **address)
    done = sawt("publish", **address, SAWT_LOG="DEBUG")
    [row] = json.loads(sawt("publications", "--json", **address).stdout)
    assert (row["state"], row["rehearsal"], row["remote_id"]) == ("planned", False, None)
    assert row["why"]
    assert secret not in done.stdout + done.stderr


def test_a_backup_holds_the_database_and_no_credentials(sawt: Command, tmp_path: Path) -> None:
    import tarfile

    sawt("import", str(week(tmp_path)))
    assert sawt("backup", str(tmp_path / "safe")).returncode == 0
    [file] = (tmp_path / "safe").iterdir()
    with tarfile.open(file) as tar:
        assert tar.getnames() == ["sawt.sqlite"]


def test_a_link_into_the_desk_says_to_which_desk_it_leads(sawt: Command) -> None:
    let_in = sawt("sign-in", "Yusuf", "--as", "editor", "--port", "8400")
    assert let_in.stdout.startswith("Yusuf, editor: http://127.0.0.1:8400/enter/")
    assert "a desk on port 8400 of 127.0.0.1; where yours runs elsewhere, say --host and --port" in let_in.stderr
    assert sawt("sign-in", "yusuf").stdout.startswith("Yusuf, editor: ")


def test_the_workbook_that_is_given_out_can_be_brought_back(sawt: Command, tmp_path: Path) -> None:
    file = tmp_path / "blank.xlsx"
    assert sawt("import", "--template", str(file)).returncode == 0
    done = sawt("import", str(file))
    assert done.returncode == 1
    assert "row" in done.stdout + done.stderr


def test_the_catalogue_says_that_it_is_still_to_be_confirmed(sawt: Command) -> None:
    assert "have still to confirm" in sawt("misconceptions").stderr
    rows = sawt.json("misconceptions")
    assert {row["standing"] for row in rows} == {"draft"}
    assert len(rows) == 29


def test_eleven_accounts_are_there_and_play_on_the_stage(sawt: Command) -> None:
    rows = sawt.json("accounts")
    assert len(rows) == 11
    assert all(row["stage"] for row in rows)
    assert {(row["state"], row["next_due_at"]) for row in rows} == {("works", None)}
    assert "5 min" in sawt("accounts").stdout
