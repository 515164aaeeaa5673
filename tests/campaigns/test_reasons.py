"""Every reason that the program stores of itself is told in the reader's language; others' words are folded away."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

import pytest

from campaigns import levers, planning, settling, withdrawing
from campaigns.languages import Language
from campaigns.models import Account
from campaigns.publishing import claiming, following, late, publisher, recording, steps
from campaigns.reasons import understood
from campaigns.telling import Reason, reason_of
from campaigns.words import unmarked, words_in
from platforms.contract import Network

NOW = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
WRITERS = (claiming, recording, publisher, late, steps, planning, settling, withdrawing, levers)
"""Where reasons of our own are written."""
RAISED = {"Refused", "NotHere", "CannotPlan"}
"""Errors of ours whose message becomes a publication's reason."""
SAMPLES = {
    "ITS_CORRECTION": following.ITS_CORRECTION,
    "why": "a late answer: it is out as 7 at 7",
    "following.TWICE": following.TWICE,
    "what": following.WHAT_FOLLOWS,
    "following.DOUBT if in_doubt else ''": following.DOUBT,
    "publication.account.network.label": "X",
    "account.network.label": "X",
    "claim.speaker.network.label": "X",
    "moment": "2026-11-26 14:19",
}
"""What may stand in a gap that is no number."""


def told(why: str, language: Language = Language.AR, network: Network = Network.X) -> Reason:
    account = Account(key="x-ar", network=network, name="X", languages=["ar"], timezone="Asia/Riyadh")
    return reason_of(account, why, words_in(language), now=NOW)


def written(module: ModuleType) -> Iterator[str]:
    """The sentences that a module stores as reasons, with something set into each gap."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        for value in _reasons(node):
            if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)):
                sentence = "".join(_filled(part) for part in getattr(value, "values", [value]))
                if " " in sentence:
                    yield sentence


def _reasons(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Assign(targets=[ast.Name(id="why") | ast.Attribute(attr="why")], value=value):
            yield from (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            yield from (value for name, value in zip(names, values, strict=True) if ast.unparse(name) == "why")
        case ast.keyword(arg="why", value=value):
            yield value
        case ast.Return(value=ast.Tuple(elts=[ast.Attribute(value=ast.Name(id="Delivery")), why])):
            yield why
        case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in RAISED:
            yield value
        case ast.FunctionDef(name="held_by", body=[*_, ast.Return(value=ast.JoinedStr() as value)]):
            yield value
        case ast.Call(func=ast.Attribute(attr="__init__"), args=[value]):
            yield value
        case ast.Call(func=ast.Name(id="_hold"), args=[_, _, why, *_]):
            yield why


def _filled(part: ast.AST) -> str:
    if not isinstance(part, ast.FormattedValue):
        return str(part.value) if isinstance(part, ast.Constant) else ""
    shape = ast.unparse(part.format_spec) if part.format_spec else ""
    return "2026-11-26 14:19" if "%H" in shape else SAMPLES.get(ast.unparse(part.value), "7")


CONTINUED = (f"{SAMPLES['why']}; ", f"{SAMPLES['why']}: ")
"""How a sentence begins that goes on from another one; its whole is named here."""
OURS = sorted(
    {each for module in WRITERS for each in written(module) if not each.startswith(CONTINUED)}
    | {
        "not seen yet",
        f"{following.ITS_CORRECTION} is not what was approved and was not sent; have it approved again",
        f"{following.ITS_CORRECTION} has given its place to a newer revision",
        f"{following.ITS_CORRECTION} is held by Yusuf: a day of mourning",
        "corrected",
        "Yusuf disconnected x-ar: connect it again, then release this",
        "Yusuf disconnected x-ar while something there was on its way or in doubt",
        "seen on the account: https://x.com/1; 2 of 3 parts are out, and the others follow",
        "a picture or film could not be read in the media folder of vm-1 (EIO); nothing was sent",
    }
)


def test_the_reasons_that_the_code_stores_are_found() -> None:
    assert len(OURS) > 30
    assert "a newer revision takes its place" in OURS and "held by 7: 7" in OURS


@pytest.mark.parametrize("why", OURS)
def test_every_reason_of_our_own_is_told_in_every_language(why: str) -> None:
    assert any(meaning.key for meaning in understood(why)), f"campaigns/reasons.py does not know: {why}"
    for language in Language:
        assert told(why, language).said


@pytest.mark.parametrize(
    ("why", "said", "folded"),
    [
        ("its hour was 2026-11-26 14:19 UTC; decide if it is still right",
         "كان موعده الساعة 17:19 بتوقيت الرياض. قرّر هل ما زال مناسبًا.", ""),
        ("held by Yusuf: يوم حداد.", "أوقفه Yusuf: يوم حداد.", ""),
        ("it could not be taken down and is still out: X refused this: You are not authorized",
         "تعذّر سحبه، فما زال ظاهرًا. رفض إكس ذلك.", "You are not authorized"),
        ("not among the 0 posts that X shows since then, which proves nothing on X. "
         "A person must look at the account and decide",
         "ليس بين ما يعرضه إكس منذ ذلك الحين (العدد 0)، وهذا لا يثبت شيئًا. يلزم أن ينظر شخص في الحساب ويقرر.", ""),
        ("2 of 6 parts of the thread are out. X could not be reached; nothing was sent",
         "صدر من أجزاء السلسلة 2 من 6. تعذّر الاتصال: إكس لا يجيب، ولم يُرسَل شيء.", ""),
        ("X says it already has this text; look before sending again",
         "يقول إكس إن هذا عنده من قبل؛ يلزم التحقق قبل إعادة إرساله.", ""),
        ("3 calls in a row without a clear answer; the last: X gave no clear answer; nothing visible has happened",
         "عدد المحاولات المتتالية التي بقيت بلا رد واضح: 3. وآخرها: لم يصل رد واضح من إكس.", ""),
        ("x-ar is not connected, and a correction waits there",
         "هذا الحساب غير مربوط، وفيه تصحيح ينتظر. سجّل الدخول إليه من جديد.", ""),
        ("it may be out twice: the revision before this one is out: a late answer: it is out as 7 at https://x.com/7. "
         "Decide if both are right. Look at the account, and delete one of them",
         "صدرت النسخة السابقة لهذه؛ قرّر هل تصح الاثنتان. وصل رد متأخر: صدر في https://x.com/7 برقم 7. "
         "لعله صدر مرتين: انظر في الحساب واحذف إحدى النسختين.", ""),
        ("it went to https://example.org, and the account is another website by now: look there. "
         "A person must look at the account and decide",
         "أُرسِل إلى https://example.org، والحساب الآن موقع آخر: انظر هناك. يلزم أن ينظر شخص في الحساب ويقرر.", ""),
        ("it could not be taken down and is still out: "
         "the article with its number on the website is another one and was left alone: look for it there",
         "تعذّر سحبه، فما زال ظاهرًا. المقال الذي يحمل رقمه في الموقع مقال آخر، فتُرك كما هو: ابحث عنه هناك.", ""),
        ("312 characters; X takes 280.", "", "312 characters; X takes 280."),
    ],
)  # fmt: skip
def test_a_reason_is_told_in_arabic_and_what_others_said_is_set_apart(why: str, said: str, folded: str) -> None:
    reason = told(why)
    assert (unmarked(reason.said), reason.folded) == (said, folded)


def test_a_network_s_own_words_are_folded_under_its_name() -> None:
    why = "Facebook no longer accepts the token: sign the account in again (error 190/463: Session has expired)"
    reason = told(why, Language.FR, Network.FACEBOOK)
    assert unmarked(reason.title) == "Ce que dit Facebook"
    assert reason.folded == "error 190/463: Session has expired"
    assert "Reconnectez-le." in reason.said
    assert told("ECONNRESET", Language.FR).title == "Détails techniques"
