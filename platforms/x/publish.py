"""Stage, reveal and find a post on X."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import tweepy

from platforms.capabilities import CompletesNothing, CorrectsNothing, SpeaksOneLanguage
from platforms.contract import (
    Absent,
    Allowance,
    Checkpoint,
    Finding,
    Form,
    Found,
    Measurement,
    Network,
    Outgoing,
    Partly,
    Parts,
    Receipt,
    Save,
    Shape,
    Unclear,
)
from platforms.endpoints import Endpoints
from platforms.errors import OutcomeUnknown, PlatformError, Refused, Unreachable
from platforms.shelf import Shelf
from platforms.x import prices
from platforms.x.answers import Created, Deleted, Me, User
from platforms.x.checkpoint import Staged, receipt
from platforms.x.client import Client
from platforms.x.faults import MediaForgotten, Unauthenticated, translated
from platforms.x.finding import Sought, made_at, matches, own_posts
from platforms.x.measure import figures
from platforms.x.threads import NoThread, parts
from platforms.x.upload import Sleep, Uploaded, upload


class XAccount(SpeaksOneLanguage, CorrectsNothing, CompletesNothing):
    """One X account. Creating a post is the visible act, and X knows no way to make it repeatable.

    What 280 characters do not hold is a thread: as many visible acts, each with an intent of its own.
    """

    network: ClassVar[Network] = Network.X
    forms: ClassVar[frozenset[Form]] = frozenset({Form.TEXT, Form.PICTURE, Form.VIDEO})
    picture_shape: ClassVar[Shape] = Shape.WIDE
    settling: ClassVar[timedelta] = timedelta(seconds=30)
    withdraws: ClassVar[bool] = True
    money: ClassVar[str] = prices.BUCKET
    allowances: ClassVar[tuple[Allowance, ...]] = (Allowance(posts=100, forms=forms, within=timedelta(minutes=15)),)
    """X, rate limits of POST /2/tweets; a live header said 100 in February 2026."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        endpoints: Endpoints,
        shelf: Shelf,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._client = Client(credentials, endpoints)
        self._sleep = sleep
        self._user: User | None = None

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        from platforms.x import limits  # 12 MB of tables that sending has no use for

        return limits.check(outgoing)

    def verify(self) -> str:
        return self._ask_who_we_are().username

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Nothing is uploaded for a thread of which a part is out: the media are on the first one."""
        staged = Staged.model_validate(checkpoint)
        if staged.ids:
            return checkpoint
        parts(outgoing)  # a text of which no thread can be made is refused before anything is uploaded
        with self._speaking():
            for position, file in enumerate(outgoing.media):

                def keep(uploaded: Uploaded, position: int = position) -> None:
                    nonlocal staged
                    staged = staged.having(position, uploaded)
                    save(staged.stored())

                begun = staged.media[position] if position < len(staged.media) else None
                upload(self._client, file, begun, keep, self._sleep)
        return staged.stored()

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        staged = Staged.model_validate(checkpoint)
        texts = staged.texts or parts(outgoing)
        # A connection that idled since staging may be dead, and would leave the outcome unknown.
        self._client.session.close()
        if len(texts) > 1:
            return self._reveal_thread(outgoing, texts, staged, save)
        with _forgetting_media(staged, save):
            return receipt(self._create(texts[0], staged.media_ids(outgoing), None, outgoing.synthetic))

    def _reveal_thread(self, outgoing: Outgoing, texts: Sequence[str], staged: Staged, save: Save) -> Receipt:
        """Part after part, each an answer to the one before it. Its intent is stored before it, its id after it.

        The first carries the media, and the declaration that a machine made them.
        """
        if staged.in_doubt:
            raise OutcomeUnknown(f"part {len(staged.sent)} of {len(texts)} may be out already; look before sending it")
        for number in range(len(staged.ids), len(texts)):
            media_ids, told = ([], False) if staged.ids else (staged.media_ids(outgoing), outgoing.synthetic)
            answering = next(iter(staged.ids[-1:]), None)
            staged = staged.intending(texts, datetime.now(UTC))
            save(staged.stored())
            with _telling_how_far(number, len(texts)), _forgetting_media(staged, save):
                staged = staged.settled(self._create(texts[number], media_ids, answering, told))
            save(staged.stored())
        return receipt(staged.ids[0])

    def _create(self, text: str, media_ids: Sequence[str], answering: str | None, made_with_ai: bool) -> str:
        with self._speaking(visible=True):
            answer = self._client.create_post(text, media_ids, answering, made_with_ai=made_with_ai)
            return Created.model_validate_json(answer.content).data.id

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        staged = Staged.model_validate(checkpoint)
        texts = staged.texts or parts(outgoing)
        if len(texts) > 1:
            return self._find_thread(outgoing, texts, staged, since)
        sought = Sought(text=texts[0], media=len(outgoing.media), media_keys=staged.media_keys)
        found = self._look_for(sought, since)
        return Found(receipt=receipt(found)) if isinstance(found, str) else found

    def _find_thread(self, outgoing: Outgoing, texts: Sequence[str], staged: Staged, since: datetime) -> Finding:
        """Only the part in doubt is looked for; without one, what is out is known to the letter.

        Its intent tells the time by the clock of its own host, which may be fast; `since` is everybody's.
        """
        if staged.in_doubt:
            number, answering = len(staged.sent), next(iter(staged.ids[-1:]), None)
            first = answering is None
            sought = Sought(
                text=texts[number - 1],
                media=len(outgoing.media) if first else 0,
                media_keys=staged.media_keys if first else (),
                answering=answering,
            )
            found = self._look_for(sought, min(since, staged.in_doubt.sent_at))
            if isinstance(found, Unclear):
                return Unclear(why=f"part {number} of {len(texts)}: {found.why}")
            staged = staged.settled(found)
        if not staged.parts:
            return Absent()  # each part's intent is stored before it is sent, and there is none
        if staged.is_out:
            return Found(receipt=staged.parts.first, checkpoint=staged.stored())
        return Partly(checkpoint=staged.stored(), why=_how_far(staged.parts.out, staged.parts.of))

    def _look_for(self, sought: Sought, since: datetime) -> str | Unclear:
        """The id of the one post that is `sought` on our own timeline."""
        with self._speaking():
            user_id = self._who_we_are().id
            posts = list(own_posts(self._client, user_id, since))
        same = matches(sought, user_id, posts)
        if len(same) == 1:
            return same[0].id
        if same:
            return Unclear(why=f"X shows {len(same)} posts with these words; look which of them is this one")
        return Unclear(why=f"not among the {len(posts)} posts that X shows since then, which proves nothing on X")

    @staticmethod
    def posts(outgoing: Outgoing) -> Sequence[str]:
        try:
            return parts(outgoing)
        except NoThread:  # which `check` says
            return (outgoing.text,)

    @staticmethod
    def parts_out(checkpoint: Checkpoint) -> Parts | None:
        return Staged.model_validate(checkpoint).parts

    @staticmethod
    def settled(checkpoint: Checkpoint, remote_id: str | None) -> Checkpoint:
        staged = Staged.model_validate(checkpoint)
        if remote_id and staged.is_out and remote_id not in staged.ids:  # another copy, of which this is all we know
            staged = Staged(texts=staged.texts)
        if remote_id and staged.texts and not staged.sent:  # of a thread that was begun its first part was seen
            staged = staged.intending(staged.texts, made_at(remote_id))
        known = staged.in_doubt is None or remote_id in staged.ids
        return checkpoint if known else staged.settled(remote_id).stored()

    @staticmethod
    def price(outgoing: Outgoing, checkpoint: Checkpoint) -> int:
        staged = Staged.model_validate(checkpoint)
        texts = staged.texts or parts(outgoing)
        to_describe = [] if staged.ids else [each for each in outgoing.media if each.alt_text]
        described = sum(each.described for each in staged.media)
        alt_texts = max(len(to_describe) - described, 0) * prices.METADATA
        return sum(prices.of_post(text) for text in texts[len(staged.ids) :]) + alt_texts

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        with self._speaking():
            return figures(self._client, self._who_we_are().id, remote_ids, datetime.now(UTC))

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        """The last part first: a reader of what is left never misses its middle."""
        with self._speaking():
            for each in reversed(Staged.model_validate(checkpoint).ids or (remote_id,)):
                with suppress(tweepy.NotFound):
                    self._delete(each)

    def _delete(self, remote_id: str) -> None:
        """Believed only when the answer says so: `deleted` may be false in an answer that is no error."""
        if not Deleted.model_validate(self._client.delete_tweet(remote_id)).data.deleted:
            raise Refused(f"X refused this: it answered that post {remote_id} was not deleted")

    def _who_we_are(self) -> User:
        return self._user or self._ask_who_we_are()

    def _ask_who_we_are(self) -> User:
        """Ask X, a second time if it says 401: one false 401 must not stop an account."""
        try:
            return self._ask_once()
        except Unauthenticated:
            return self._ask_once()

    def _ask_once(self) -> User:
        with translated():
            self._user = Me.model_validate(self._client.get_me()).data
        return self._user

    @contextmanager
    def _speaking(self, *, visible: bool = False) -> Iterator[None]:
        try:
            with translated(visible=visible):
                yield
        except Unauthenticated as refusal:
            self._ask_once()
            raise Unreachable("X refused the token once and took it again; nothing was done") from refusal


def _how_far(out: int, of: int) -> str:
    return f"{out} of {of} parts of the thread are out"


@contextmanager
def _forgetting_media(staged: Staged, save: Save) -> Iterator[None]:
    """Media that X refuses are uploaded anew by the next staging, which would find them ready otherwise."""
    try:
        yield
    except MediaForgotten:
        save(staged.settled(None).without_media().stored())
        raise


@contextmanager
def _telling_how_far(out: int, of: int) -> Iterator[None]:
    """What stops a thread half way says so first."""
    try:
        yield
    except PlatformError as error:
        if out:
            error.args = (f"{_how_far(out, of)}. {error}",)
        raise
