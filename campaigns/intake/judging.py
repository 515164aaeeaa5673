"""Judge every row of a file, so that the team hears of all its faults at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from rapidfuzz import fuzz, process
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns import limits
from campaigns.coverage import listed
from campaigns.drafting import Draft, Subtitles, Supplied, Words, of_another_world, supply
from campaigns.filming import Script
from campaigns.illustrating import BULLET
from campaigns.intake import asking, letters, moments, quoting
from campaigns.intake.rows import Fault, Row
from campaigns.languages import Language
from campaigns.models import Account, Campaign, Kind, Misconception, Post, Publication, Revision, Standing
from campaigns.planning import SLOT
from campaigns.scripture import NoSuchVerse, expand
from campaigns.settings import Settings
from campaigns.studio.captions import must_fit
from campaigns.studio.captions import read as read_captions
from campaigns.studio.storyboard import SLIDES
from campaigns.vault import digest_of
from platforms.contract import Form

ALL, YES = "all", "yes"
NEAR_MISS = 85
_KEY = re.compile(r"[A-Za-z0-9._-]{1,80}")
_LONGEST_NAME = 200
_WORDS_OF_A_NAME = 3
"""Beside the text, so many may be a name, which is written as it is in any language."""
TEMPLATES = {Form.PICTURE: ("quotation", "points"), Form.VIDEO: ("slides",), Form.STORY: ("quotation",)}
_MEDIA = {Form.PICTURE: ("image",), Form.VIDEO: ("video",), Form.STORY: ("image", "video")}
_POINTS = range(2, 6)
"""How many points a picture of the template `points` can show."""


def check(
    session: Session, rows: Sequence[Row], *, settings: Settings, folder: Path, now: datetime, rehearsal: bool = False
) -> tuple[list[Draft], list[Fault]]:
    """Drafts of the sound rows, and all faults of all rows. Media are looked for in `folder`. Stores nothing."""
    known = _Known.of(session, settings)
    first: dict[str, int] = {}
    drafts, faults = [], []
    for row in rows:
        judged = _Judge(row=row, known=known, folder=folder, now=now, rehearsal=rehearsal)
        draft = judged.draft()
        if row.key and first.setdefault(row.key, row.number) != row.number:
            judged.complain("key", f"row {first[row.key]} has the same key; give each post its own")
        faults += judged.faults
        if draft is not None and not judged.faults:
            drafts.append(draft)
    return drafts, faults


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the store and the house hold against which rows are judged."""

    accounts: Mapping[str, Account]
    misconceptions: Mapping[str, Standing]
    campaigns: frozenset[str]
    posts: Mapping[str, tuple[Post, str]]
    """Post and the digest of its newest revision, by key."""
    out: frozenset[tuple[str, Language]]
    """Posts by key, and the languages in which something of them has been out."""
    settings: Settings
    measured: dict[Path, Supplied | str] = field(default_factory=dict)
    """Each file is measured once; a file that cannot be measured has its sentence here."""

    @classmethod
    def of(cls, session: Session, settings: Settings) -> _Known:
        return cls(
            accounts={each.key: each for each in session.scalars(select(Account).order_by(Account.key))},
            misconceptions={each.key: each.standing for each in session.scalars(select(Misconception))},
            campaigns=frozenset(session.scalars(select(Campaign.key))),
            posts=_newest_digests(session),
            out=_out(session),
            settings=settings,
        )

    @property
    def active(self) -> list[Account]:
        return [account for account in self.accounts.values() if account.active]


def _newest_digests(session: Session) -> dict[str, tuple[Post, str]]:
    newest = select(Revision.post_id, func.max(Revision.number).label("number")).group_by(Revision.post_id).subquery()
    told = (
        select(Post, Revision.row_digest)
        .join(newest, newest.c.post_id == Post.id)
        .join(Revision, (Revision.post_id == Post.id) & (Revision.number == newest.c.number))
    )
    return {post.key: (post, digest) for post, digest in session.execute(told)}


def _out(session: Session) -> frozenset[tuple[str, Language]]:
    out = select(Post.key, Publication.language).join(Publication.post).where(Publication.remote_id.is_not(None))
    return frozenset((key, language) for key, language in session.execute(out.distinct()))


@dataclass(kw_only=True)
class _Judge:
    """One row before the judge: what it says, and what is wrong with it."""

    row: Row
    known: _Known
    folder: Path
    now: datetime
    rehearsal: bool
    faults: list[Fault] = field(default_factory=list)

    def complain(self, column: str, says: str) -> None:
        self.faults.append(self.row.fault(column, says))

    def draft(self) -> Draft | None:
        """What the row says, as far as it can be understood; to be used only if nothing was complained of."""
        self.faults += self.row.faults
        legible = self._look_at_letters()
        self._judge_key()
        misconceptions, campaign, author = self._misconceptions(), self._campaign(), self._author()
        when = self._when()
        link, words = self._link(), tuple(self._words())
        self._judge_story()
        if self.kind is None or not legible:
            return None
        template, media = self._template(words), tuple(self._media(words))
        captions = tuple(self._captions(media))
        self._judge_alt(words)
        draft = Draft(
            key=self.row.key,
            kind=self.kind,
            campaign=campaign,
            misconceptions=misconceptions,
            words=words,
            media=media,
            captions=captions,
            template=template,
            link=link,
            synthetic=self._is_so("synthetic"),
            for_children=self._is_so("for_children"),
            accounts=self._accounts(words),
            everywhere=self.row["accounts"].lower() == ALL,
            at=when.at,
            timezone=when.timezone,
            author=author,
        )
        if self._is_stored(draft):
            self.faults = [*self.row.faults, *(fault for fault in self.faults if fault.column == "key")]
            return draft
        self._judge_moment(draft, when)
        self._ask_the_networks(draft)
        return draft

    def _is_stored(self, draft: Draft) -> bool:
        """What is there in these very words was sound when it came; since then its hour may have passed,
        or an account may have been given up, and the team's file still holds it."""
        post = self.known.posts.get(draft.key)
        return post is not None and post[1] == draft.digest

    def _look_at_letters(self) -> bool:
        before = len(self.faults)
        for column, text in self.row.cells.items():
            for says in letters.hidden_marks(text):
                self.complain(column, says)
        return len(self.faults) == before

    def _judge_key(self) -> None:
        key = self.row.key
        if not _KEY.fullmatch(key):
            wrong = f"{key[:80]!r} cannot be a key" if key else "it is empty"
            self.complain("key", f"{wrong}; write up to 80 letters a–z, digits, - _ or .")
        elif (found := self.known.posts.get(key)) and found[0].rehearsal != self.rehearsal:
            self.complain("key", of_another_world(found[0]))

    @cached_property
    def kind(self) -> Kind | None:
        written = self.row["kind"].lower()
        try:
            return Kind(written)
        except ValueError:
            self.complain("kind", _no_such("kind", written, [kind.value for kind in Kind]))
            return None

    def _misconceptions(self) -> tuple[str, ...]:
        keys = _several(self.row["misconceptions"])
        for key in keys:
            standing = self.known.misconceptions.get(key)
            if standing is None:
                self.complain("misconceptions", _none_of("misconception", key, self.known.misconceptions))
            elif standing is Standing.RETIRED:
                self.complain("misconceptions", f"{key} is retired; answer another one or ask a scholar")
        if len(set(keys)) < len(keys):
            self.complain("misconceptions", "one stands twice; name each once")
        return keys

    def _campaign(self) -> str | None:
        key = self.row["campaign"]
        if not key:
            return None
        if len(key) > 80 or "\n" in key:
            self.complain("campaign", "it is too long; write a short name of up to 80 characters on one line")
        elif key not in self.known.campaigns and (near := _near_campaign(key, self.known.campaigns)):
            self.complain(
                "campaign", f"there is no campaign {key!r}; did you mean {near}? A new one needs another name"
            )
        return key

    def _author(self) -> str:
        name = " ".join(self.row["author"].split())
        if not name:
            self.complain("author", "it is empty; write the name of the person who wrote this post")
        elif len(name) > _LONGEST_NAME:
            self.complain("author", f"the name is longer than {_LONGEST_NAME} characters; write a person's name")
        return name

    def _link(self) -> str:
        link = self.row["link"]
        if link and (wrong := letters.link_fault(link)):
            self.complain("link", wrong)
            return ""
        return link

    def _when(self) -> moments.When:
        when = moments.understand(self.row["at"], self.row["timezone"])
        for column, says in when.faults:
            self.complain(column, says)
        return when

    def _judge_moment(self, draft: Draft, when: moments.When) -> None:
        corrects = any(words.correction for words in draft.words)
        if when.is_past(self.now) and not corrects:  # it changes what went out at that hour
            self.complain("at", f"{draft.at} ({draft.timezone}) is past; write a later time or slot")
        if when.at == SLOT:
            for words in draft.words:
                if not self.known.settings.slots.get(words.language):
                    self.complain("at", f"hours.toml has no slots for {words.language.own_name}; write a date and hour")

    def _words(self) -> Iterator[Words]:
        written = [language for language in Language if self.row[f"text_{language}"]]
        for language in Language:
            if language in written:
                yield self._words_in(language)
            elif stray := [
                c for c in ("title", "alt", "media", "hashtags", "correction") if self.row[f"{c}_{language}"]
            ]:
                self.complain(
                    f"text_{language}", f"it is empty although {stray[0]}_{language} is written; write it too"
                )
        if not written:
            self.complain("text_ar", "there are no words in any language; write text_ar, text_en or text_fr")

    def _words_in(self, language: Language) -> Words:
        citations: dict[str, None] = {}
        said = {
            column: self._expanded(f"{column}_{language}", language, citations)
            for column in ("title", "text", "alt", "correction")
        }
        if said["correction"] and (self.row.key, language) not in self.known.out:
            says = "nothing of this post is out in this language, so there is nothing to correct; leave it empty"
            self.complain(f"correction_{language}", says)
        tags = re.split(r"[\s;]+", self.row[f"hashtags_{language}"]) if self.row[f"hashtags_{language}"] else []
        for says in letters.hashtag_faults(tags := [tag for tag in tags if tag]):
            self.complain(f"hashtags_{language}", says)
        if self.kind is Kind.STORY:  # it has no words beside its picture, so its text is what the picture says
            said |= {column: said[column] or said["text"] for column in ("title", "alt")}
        return Words(
            language=language,
            title=said["title"],
            text=said["text"],
            alt_text=said["alt"],
            hashtags=tuple(tags),
            citations=tuple(citations),
            correction=said["correction"],
        )

    def _judge_story(self) -> None:
        if self.kind is Kind.STORY:
            for column in ("link", *(f"hashtags_{language}" for language in Language)):
                if self.row[column]:
                    self.complain(column, "a story goes out without words beside its picture; clear this")

    def _expanded(self, column: str, language: Language, citations: dict[str, None]) -> str:
        text = self.row[column]
        typed = letters.typed_verse(text) or self._quoted_by_hand(column)
        for wrong in (typed, self._of_another_script(column, language)):
            if wrong:
                self.complain(column, wrong)
        try:
            expanded = expand(text, language)
        except NoSuchVerse as error:
            self.complain(column, str(error))
            return text
        citations.update(dict.fromkeys(expanded.citations))
        return expanded.text

    def _quoted_by_hand(self, column: str) -> str | None:
        """Who describes a picture says which verse is on it; what a picture shows is a quotation without its marks."""
        text, described = self.row[column], column.startswith("alt_")
        shown = column.startswith("title_") or (self.kind is Kind.STORY and not described)
        return quoting.typed_reference(text, described=described) or quoting.typed_quotation(text, whole=shown)

    def _of_another_script(self, column: str, language: Language) -> str | None:
        text = self.row[column]
        is_a_name = not column.startswith("text_") and len(text.split()) <= _WORDS_OF_A_NAME
        return None if is_a_name else letters.of_another_script(text, language)

    def _template(self, words: Sequence[Words]) -> str:
        assert self.kind is not None
        template, supplied = self.row["template"], [c for c in _media_columns() if self.row[c]]
        if self.kind.form is Form.TEXT:
            for column in ("template", *supplied) if template else supplied:
                self.complain(column, "a text post has no picture or film; clear this or choose another kind")
        elif template and supplied:
            self.complain(supplied[0], "a template and media cannot both be used; clear one of them")
        elif template:
            self._judge_template(template, TEMPLATES[self.kind.form], words)
        else:
            for each in words:
                if not self.row[f"media_{each.language}"]:
                    self.complain(
                        f"media_{each.language}",
                        f"a {self.kind} needs a file in {each.language.own_name}, or a template; write one of the two",
                    )
        return template

    def _judge_template(self, template: str, among: Sequence[str], words: Sequence[Words]) -> None:
        """A template draws from the words, so they must be there."""
        if template not in among:
            self.complain("template", _no_such(f"{self.kind} template", template, among))
        for each in words:
            if not each.title:
                self.complain(f"title_{each.language}", "it is empty; write the words that the picture or film shows")
            points = sum(line.strip().startswith(BULLET.strip()) for line in each.text.splitlines())
            if template == "points" and points not in _POINTS:
                says = f"the picture shows {_POINTS[0]} to {_POINTS[-1]} lines that begin with •, not {points}"
                self.complain(f"text_{each.language}", f"{says}; write one line for each point")
            slides = len(Script(language=each.language, title=each.title, text=each.text).slides)
            if template == "slides" and slides not in SLIDES:
                says = f"the film shows {SLIDES[0]} to {SLIDES[-1]} slides, not {slides}"
                self.complain(f"text_{each.language}", f"{says}; leave an empty line between one slide and the next")

    def _media(self, words: Sequence[Words]) -> Iterator[Supplied]:
        for each in words:
            column = f"media_{each.language}"
            names = _several(self.row[column])
            if self.kind and self.kind.form in (Form.VIDEO, Form.STORY) and len(names) > 1:
                what = "one picture or one film" if self.kind is Kind.STORY else "one film"
                self.complain(column, f"a {self.kind} is {what}; name one file")
            for position, name in enumerate(names):
                if supplied := self._supplied(column, name):
                    yield replace(supplied, language=each.language, position=position)

    def _captions(self, media: Sequence[Supplied]) -> Iterator[Subtitles]:
        """A caption must not outlast the shortest of the films that it will stand under."""
        lengths = [timedelta(seconds=each.seconds) for each in media if each.seconds]
        for language in Language:
            if not (name := self.row[column := f"captions_{language}"]):
                continue
            if self.kind and self.kind.form is not Form.VIDEO:
                self.complain(column, f"captions stand under a film; a {self.kind} has none, clear this")
            elif self.row["template"]:
                self.complain(column, "a film that is drawn gets its captions by itself; clear this")
            elif captions := self._subtitles(column, language, name, min(lengths, default=None)):
                yield captions

    def _subtitles(self, column: str, language: Language, name: str, length: timedelta | None) -> Subtitles | None:
        try:
            file = self._inside(name)
            cues = read_captions(file, called=name)
            if length is not None:
                must_fit(cues, length, called=name)
        except ValueError as error:
            self.complain(column, str(error))
            return None
        said = "\n".join(cue.words for cue in cues)
        instead = "captions cannot set one, so name its sura and number there"
        typed = letters.typed_verse(said, instead=instead) or quoting.misquotation(said)
        if wrong := [*letters.hidden_marks(said), *filter(None, [typed])]:
            self.complain(column, wrong[0])
            return None
        return Subtitles(language=language, path=file, sha256=digest_of(file), size=file.stat().st_size)

    def _is_so(self, column: str) -> bool:
        written = self.row[column].lower()
        if written not in ("", YES, "no"):
            self.complain(column, f"{self.row[column][:40]!r} is neither yes nor no; write {YES} or leave it empty")
        return written == YES

    def _supplied(self, column: str, name: str) -> Supplied | None:
        try:
            file = self._inside(name)
        except ValueError as error:
            self.complain(column, str(error))
            return None
        measured = self.known.measured.get(file) or _measure(file)
        self.known.measured[file] = measured
        if isinstance(measured, str):
            self.complain(column, measured)
            return None
        wanted = _MEDIA.get(self.kind.form, ("image",)) if self.kind else ("image",)
        if measured.mime_type.partition("/")[0] not in wanted:
            self.complain(column, f"{name} is {measured.mime_type}; a {self.kind} needs a {' or '.join(wanted)} file")
        return measured

    def _inside(self, name: str) -> Path:
        """The file of this name beside the team's file. Raises ValueError with a sentence."""
        plain = name.replace("\\", "/")
        try:
            root, file = self.folder.resolve(), (self.folder / plain).resolve()
            is_there = file.is_file()
        except (OSError, RuntimeError, ValueError):
            raise ValueError(f"{name[:80]!r} is no name of a file; write one like pictures/peace-01.jpg") from None
        if Path(plain).is_absolute() or re.match(r"[A-Za-z]:", plain) or not file.is_relative_to(root):
            raise ValueError(
                f"{name[:80]!r} lies outside this file's folder; put it into the folder and write its name"
            )
        if not is_there:
            beside = [each.name for each in file.parent.iterdir()] if file.parent.is_dir() else []
            advice = _nearest(file.name, beside, "put it into the folder of this file")
            raise ValueError(f"there is no file {name[:80]!r}; {advice}")
        return file

    def _judge_alt(self, words: Sequence[Words]) -> None:
        if self.kind and self.kind.form is not Form.TEXT:
            for each in words:
                if not each.alt_text:
                    says = "it is empty; say in a sentence what is to be seen, for those who cannot see it"
                    self.complain(f"alt_{each.language}", says)

    def _accounts(self, words: Sequence[Words]) -> tuple[str, ...]:
        assert self.kind is not None
        written, spoken = _several(self.row["accounts"]), {each.language for each in words}
        if not written:
            self.complain("accounts", "it is empty; write all, or account keys with ; between them")
        elif self.row["accounts"].lower() == ALL:
            return self._everywhere(self.kind, spoken)
        for key in written:
            if wrong := self._account_fault(key, self.kind):
                self.complain("accounts", wrong)
            else:
                self._judge_languages(self.known.accounts[key], spoken)
        if len(set(written)) < len(written):
            self.complain("accounts", "one stands twice; name each account once")
        return tuple(sorted(set(written)))

    def _everywhere(self, kind: Kind, spoken: Set[Language]) -> tuple[str, ...]:
        able = [
            account.key
            for account in self.known.active
            if limits.can_carry(account, kind.form) and not spoken.isdisjoint(account.spoken)
        ]
        if spoken and not able:
            self.complain("accounts", f"no active account can carry a {kind} in these languages; name accounts")
        return tuple(able)

    def _account_fault(self, key: str, kind: Kind) -> str | None:
        account = self.known.accounts.get(key)
        if account is None:
            return _none_of("account", key, [each.key for each in self.known.active])
        if not account.active:
            return f"{key} is no longer in use; leave it out"
        if not limits.can_carry(account, kind.form):
            return f"{key} cannot carry a {kind}: {account.network.label} takes no {kind.form} posts; leave it out"
        return None

    def _judge_languages(self, account: Account, spoken: Set[Language]) -> None:
        for language in account.spoken:
            if language not in spoken:
                says = f"it is empty, and {account.key} speaks {language.own_name}; write it or leave {account.key} out"
                self.complain(f"text_{language}", says)

    def _ask_the_networks(self, draft: Draft) -> None:
        asked = [self.known.accounts[key] for key in draft.accounts if key in self.known.accounts]
        able = [account for account in asked if limits.can_carry(account, draft.kind.form)]
        named = {fault.column for fault in self.faults if fault.column.startswith("media_")}
        for objection in asking.objections(draft, able, self.known.settings):
            if (column := f"{objection.about}_{objection.language}") not in named:
                self.complain(column, objection.says)


def _measure(file: Path) -> Supplied | str:
    """The file's measures; language and place are given to it by each row that names it."""
    try:
        return supply(file, Language.AR, 0)
    except ValueError as error:
        return str(error)
    except OSError as error:
        return f"{file.name} cannot be read: {error.strerror}; look at its permissions"


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part for each in cell.split(";") if (part := each.strip()))


def _media_columns() -> list[str]:
    return [f"media_{language}" for language in Language]


def _no_such(what: str, written: str, among: Collection[str]) -> str:
    if not written:
        return f"it is empty; write one of {listed(among)}"
    return f"there is no {what} {written[:80]!r}; {_nearest(written, among, f'write one of {listed(among)}')}"


def _none_of(what: str, written: str, among: Collection[str]) -> str:
    """As `_no_such`, of a cell in which several may stand."""
    if re.search(r"[,،؛]", written):
        return f"there is no {what} {written[:80]!r}; put ; between one and the next"
    return _no_such(what, written, among)


def _nearest(written: str, among: Collection[str], otherwise: str) -> str:
    near = process.extractOne(written, list(among), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=60)
    return f"did you mean {near[0]}?" if near else otherwise


def _near_campaign(key: str, campaigns: Collection[str]) -> str | None:
    """A campaign that was probably meant. Names that differ in a number alone are two years of one season."""
    others = [each for each in campaigns if _without_digits(each) != _without_digits(key)]
    near = process.extractOne(key, others, scorer=fuzz.ratio, score_cutoff=NEAR_MISS)
    return near[0] if near else None


def _without_digits(key: str) -> str:
    return re.sub(r"[\W_]*\d+", "", key)
