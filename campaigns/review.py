"""Submit a post, approve exactly what was looked at, or send it back with a remark."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns import limits, planning
from campaigns.chronicle import note
from campaigns.models import (
    Account,
    Approval,
    Kind,
    Part,
    Person,
    Post,
    PostState,
    Publication,
    Revision,
    Role,
    Verdict,
)
from campaigns.seals import approval_in_force as approval_in_force
from campaigns.seals import approval_of as approval_of
from campaigns.seals import seal_of as seal_of
from campaigns.settings import Settings
from campaigns.store import Store, take_in_hand
from campaigns.studio import captions
from campaigns.vault import Vault

_TATWEEL = "\u0640"
VALID_FOR = timedelta(days=365)
"""How long an approval holds; what is published later must be looked at again (proposal of the field's practice)."""


_NOT_NOW = {
    PostState.DRAFTED: "is drafted and not handed in yet; run: sawt submit {key}",
    PostState.CHANGES_ASKED: "was sent back for changes; import what was changed, and run: sawt submit {key}",
    PostState.IN_REVIEW: "is in review already; approve it or send it back",
    PostState.APPROVED: "is approved already; to change it, change its row and import the file again",
    PostState.RETIRED: "is retired; give what is new a key of its own",
}
"""Where a post stands that something else was asked of, and what leads on from there."""


class ReviewError(ValueError):
    """Something that review does not allow; the message is a sentence for the person at the desk."""


def person_named(session: Session, name: str) -> Person | None:
    """The person of this name, however it is spelt; None if nobody is called so."""
    if person := session.scalar(select(Person).where(Person.name == name)):
        return person
    people = session.scalars(select(Person).order_by(Person.id))
    return next((each for each in people if same_name(each.name, name)), None)


def same_name(one: str, other: str) -> bool:
    """Whether two spellings name one person: capitals, accents, vowel marks, blanks and punctuation part nobody."""
    return _folded(one) == _folded(other)


def wrote(person: Person, revision: Revision) -> bool:
    """Whether the words are this person's own, who therefore does not approve them."""
    return same_name(person.name, revision.author.name)


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold().replace(_TATWEEL, "")
    return "".join(letter for letter in letters if letter.isalnum()) or name


def person_called(session: Session, name: str, *, role: Role, now: datetime) -> Person:
    """The person of this name, made with `role` if nobody is called so yet."""
    person = person_named(session, name)
    if person is None:
        person = Person(name=name, role=role, created_at=now)
        session.add(person)
        session.flush()
    return person


def submit(session: Session, post: Post, *, by: Person, now: datetime, settings: Settings | None = None) -> None:
    """Hand the newest revision in for review. Its files have been made, and every network takes it, or: ReviewError."""
    take_in_hand(session, post)
    revision = post.revision
    if missing := unillustrated(revision):
        raise ReviewError(f"{post.key} has no picture or film yet in {missing}; run: sawt submit {post.key}")
    _every_network_takes(session, revision, settings)
    _move(session, post, (PostState.DRAFTED, PostState.CHANGES_ASKED), PostState.IN_REVIEW)
    _record(session, revision, by, Verdict.SUBMITTED, seal_of(revision), now=now)


def must_be_whole(store: Store, key: str, vault: Vault) -> None:
    """Read every file of a post through, and captions as the approver reads them, before it is approved.

    Raises ReviewError.

    With no transaction open: a long film takes seconds, in which nobody else could write.
    """
    with store.reading() as session:
        post = session.scalar(select(Post).where(Post.key == key))
        files = [(asset.sha256, asset.role) for asset in post.revision.assets] if post else []
    _no_media_missing(key, (digest for digest, _ in files if not vault.is_whole(digest)))
    for digest in (digest for digest, role in files if role is Part.CAPTIONS):
        _captions_can_be_read(vault.path(digest), key)


def approve(
    session: Session,
    post: Post,
    *,
    seal: str,
    by: Person,
    now: datetime,
    vault: Vault,
    settings: Settings,
    remark: str = "",
) -> list[Publication]:
    """Approve the content with this seal, and plan it. Raises ReviewError; then nothing has changed.

    Its media have been read through before (`must_be_whole`), and publishing reads them again.
    """
    take_in_hand(session, post)
    revision = post.revision
    _may_decide(revision, by)
    _is_what_was_seen(revision, seal)
    _no_media_missing(post.key, (a.sha256 for a in revision.assets if not vault.has(a.sha256, size=a.size)))
    _every_network_takes(session, revision, settings)
    _move(session, post, (PostState.IN_REVIEW,), PostState.APPROVED)
    expires_at = now + VALID_FOR
    _record(session, revision, by, Verdict.APPROVED, seal, now=now, remark=remark, expires_at=expires_at)
    try:
        planned = planning.plan(session, post, settings=settings, now=now)
    except planning.CannotPlan as error:
        raise ReviewError(str(error)) from error
    if any(each.due_at >= expires_at for each in planned):
        ends = f"this approval holds until {expires_at:%Y-%m-%d}"
        raise ReviewError(f"{post.key} is due at {revision.at}, and {ends}; send it back for an earlier hour")
    return planned


def send_back(session: Session, post: Post, *, seal: str, by: Person, now: datetime, remark: str) -> None:
    """Ask the author for changes. Raises ReviewError."""
    take_in_hand(session, post)
    _may_review(by)
    if not remark.strip():
        raise ReviewError("say in the remark what should change, so that the author knows")
    _is_what_was_seen(post.revision, seal)
    _move(session, post, (PostState.IN_REVIEW,), PostState.CHANGES_ASKED)
    _record(session, post.revision, by, Verdict.SENT_BACK, seal, now=now, remark=remark.strip())


def unillustrated(revision: Revision) -> str:
    """Languages in which a picture or film is still to be made, as "ar, en"; empty when there are none."""
    if revision.kind is Kind.TEXT:
        return ""
    made = {asset.language for asset in revision.assets if asset.role in (None, Part.MEDIA)}
    return ", ".join(each for each in revision.languages if each not in made)


def _may_review(by: Person) -> None:
    if not by.role.may_approve:
        raise ReviewError(f"{by.name} writes; a scholar or an editor must decide")


def _may_decide(revision: Revision, by: Person) -> None:
    _may_review(by)
    if wrote(by, revision):
        raise ReviewError(f"{by.name} wrote this post; somebody else must approve it")


def _no_media_missing(key: str, missing: Iterable[str]) -> None:
    if digest := next(iter(missing), None):
        raise ReviewError(f"a picture or film of {key} is damaged or gone ({digest[:12]}…); import it again")


def _captions_can_be_read(file: Path, key: str) -> None:
    try:
        captions.read(file, called=f"the captions of {key}")
    except captions.BadCaptions as error:
        raise ReviewError(f"{error}, and import it again") from error


def _is_what_was_seen(revision: Revision, seal: str) -> None:
    if seal != seal_of(revision):
        raise ReviewError("the post has changed since you opened it; look at it again, nothing was decided")


def _every_network_takes(session: Session, revision: Revision, settings: Settings | None) -> None:
    """So that nothing is ever approved that a network would refuse at the due hour."""
    wanted = select(Account).where(Account.key.in_(revision.accounts), Account.active).order_by(Account.key)
    accounts = session.scalars(wanted).all()
    sent = limits.sendings(revision, accounts, key=revision.post.key, vault=Vault(Path()), settings=settings)
    refused = [f"{error} ({each.account.key}, {each.language})" for each in sent for error in each.refusals]
    if refused:
        raise ReviewError(f"{revision.post.key} would be refused: {'; '.join(refused)}")


def _move(session: Session, post: Post, sources: tuple[PostState, ...], to: PostState) -> None:
    """Conditional, so that of two people who decide at once exactly one does."""
    moved = session.execute(update(Post).where(Post.id == post.id, Post.state.in_(sources)).values(state=to))
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        session.refresh(post)
        raise ReviewError(f"{post.key} {_NOT_NOW[post.state].format(key=post.key)}")
    session.refresh(post)


def _record(
    session: Session,
    revision: Revision,
    by: Person,
    verdict: Verdict,
    seal: str,
    *,
    now: datetime,
    remark: str = "",
    expires_at: datetime | None = None,
) -> None:
    revision.approvals.append(
        Approval(person=by, verdict=verdict, seal=seal, remark=remark, at=now, expires_at=expires_at)
    )
    note(session, by.name, verdict.value, f"{revision.post.key} revision {revision.number}", now=now, why=remark)
    session.flush()
