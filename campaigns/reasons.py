"""Understand the reasons that are stored in English, so that a reader gets them in their own language.

Each line pairs a sentence of `reasons` in campaigns/locale with the stored words that mean it. Of the groups,
`first` and `rest` hold another reason, told before or after; `theirs` are a network's words, `noted` those of the
machine, and both are folded away; a `moment` is UTC. All others are set into our sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_NET = r"(?:X|Facebook|Instagram|YouTube|Meta|[Tt]he website)"
_AT = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?"

_MEANINGS = tuple(
    (key, re.compile(pattern, re.DOTALL))
    for key, pattern in (
        # What is said before or after another reason.
        ("decide", r"(?P<first>.*)\. A person must look at the account and decide"),
        ("changed_perhaps", r"(?P<first>.*)\. An earlier try may have changed it all the same: look at what it says"),
        ("delete_one", r"it may be out twice: (?P<first>.*)\. Look at the account, and delete one of them"),
        ("earlier_is_out", r"the revision before this one is out: (?P<rest>.*)\. Decide if both are right"),
        ("earlier_may_be_out", r"the revision before this one may be out: (?P<rest>.*)\. Look at the account"),
        ("thread_in_part", r"(?P<out>\d+) of (?P<of>\d+) parts of the thread are out(?:\. (?P<rest>.*))?"),
        ("part", r"part (?P<number>\d+) of (?P<of>\d+): (?P<rest>.*)"),
        ("stumbled", r"(?P<times>\d+) calls in a row without a clear answer; the last: (?P<rest>.*)"),
        ("not_taken_down", r"it could not be taken down and is still out: (?P<rest>.*)"),
        ("not_corrected", r"it is out, but its correction could not be brought: (?P<rest>.*)"),
        ("not_followed", r"it is out, but what was to follow it could not be brought: (?P<rest>.*)"),
        ("late_held", r"a late answer: it is out as (?P<id>\S+) at (?P<url>\S+)\. It was held: (?P<rest>.*)"),
        ("late", r"a late answer: it is out as (?P<id>\S+) at (?P<url>\S+)"),
        # The last look before a step.
        ("held", r"held by (?P<by>.+?): (?P<own>.*)"),
        ("past_its_hour", rf"its hour was (?P<moment>{_AT}) UTC; decide if it is still right"),
        ("newer_waits", r"a part of it is out, and a newer revision waits to take its place: take it down"),
        ("newer", r"a newer revision takes its place"),
        ("not_as_approved", r"the content is not what was approved[;,].*"),
        ("approval_ended", r"its approval ended on (?P<on>[\d-]+); have it approved again"),
        ("no_hour", r"a newer revision is approved and there is no hour for it any more; put it back at a new one"),
        ("no_budget", r"\S+ has used up its budget of this month: .*"),
        ("day_is_full", rf"{_NET} takes no more of these in a day; it goes on when there is room"),
        ("only_on_stage", r"it was out on the rehearsal stage alone"),
        ("was_for_stage", r"it was planned for the rehearsal stage, and this account is real now; release it to send"),
        ("correction_held", r"its correction is held by (?P<by>.+?): (?P<own>.*)"),
        ("correction_newer", r"its correction has given its place to a newer revision"),
        ("correction_unapproved", r"its correction is not what was approved and was not sent; have it approved again"),
        # Planning.
        ("hour_passed", r"its hour has passed \((?P<at>.+)\); send \S+ back for a new one"),
        ("approved_before", r"it was approved before it could go to \S+ in (?P<tongue>.+?); change its row, .*"),
        ("day_taken", rf"{_NET} takes no more posts of this kind on \S+ around (?P<at>\S+): the day is full; .*"),
        ("no_slot", r"\S+ has no free slot in the coming year; .*"),
        ("hour_unread", r"(?P<noted>.+ is not a date and time; .*)"),
        ("hour_odd", r"(?P<noted>[\d-]+ [\d:]+ (?:does not exist|comes twice) in .*)"),
        ("out_before", r"it was out as (?P<id>\S+) and was taken down"),
        ("earlier_on_its_way", rf"an earlier version was on its way at (?P<moment>{_AT}) UTC and may yet appear: .*"),
        # Workers.
        ("stopped_preparing", r"a worker stopped while preparing it; nothing was visible"),
        ("stopped_sending", r"a worker stopped while sending it; the network is asked whether it is out"),
        ("taken_for_dead", rf"\S+ was taken for dead, and may have sent it at (?P<moment>{_AT}) UTC"),
        ("media_away", r"(?P<noted>a picture or film (?:could not be read|is not) in the media folder of .*)"),
        ("media_altered", r"a picture or film was altered after approval; it was not sent\. Import it again"),
        ("unforeseen", r"(?P<noted>something unforeseen happened \(.*\))"),
        # Looking, and what a person saw.
        ("absent", rf"{_NET} has proven that it is not out; it is sent again"),
        ("not_seen", r"not seen yet"),
        ("not_among", rf"not among the (?P<n>\d+) posts that {_NET} shows since then, which proves nothing on {_NET}"),
        ("not_among_all", r"no post with these words is on the Page yet, which proves nothing: look at the Page"),
        ("several", rf"{_NET} shows (?P<n>\d+) posts with these words; look which of them is this one"),
        ("several", r"(?P<n>\d+) posts on the Page have exactly these words: say which one it is"),
        ("too_many", r"the (?:Page|account) has published more since then than can be read: look at .*"),
        ("another_site", r"it went to (?P<url>\S+), and the account is another website by now: look there"),
        ("not_its_article", r"the article with its number on the website is another one and was left alone: .*"),
        ("seen_in_part", r"seen on the account: (?P<url>\S+); (?P<out>\d+) of (?P<of>\d+) parts are out, and .*"),
        ("seen", r"seen on the account: (?P<url>\S+)"),
        ("looked", r"looked for on the account and not there; sawt release KEY sends it after all"),
        ("looked_in_part", r"(?P<out>\d+) of (?P<of>\d+) parts are out, the next is not there; sawt release .*"),
        ("corrected", r"corrected"),
        # What networks answer, in the adapters' words.
        ("duplicate", rf"{_NET} (?:says )?(?:that |it |this |was |is |has )*already .*?(?: \((?P<theirs>.*)\))?"),
        ("part_perhaps", r"part (?P<number>\d+) of (?P<of>\d+) may be out already; look before sending it"),
        ("too_long", r"the text has (?P<length>[\d,]+) .*; .* takes (?P<limit>[\d,]+)\. Shorten it by .*"),
        ("title_too_long", r"the title.* has (?P<length>[\d,]+) .*; .* takes (?P<limit>[\d,]+)\. Shorten it by .*"),
        ("no_credits", r"X has no credits left for this account's app: buy credits, then resume the account"),
        ("disconnected_by", r"(?P<by>.+) disconnected \S+: connect it again, then release this"),
        ("disconnected_midway", r"(?P<by>.+) disconnected \S+ while something there was on its way or in doubt"),
        ("unconnected_correction", r"\S+ is not connected, and a correction waits there"),
        ("unconnected_withdrawal", r"\S+ is not connected, and something is to be taken down there"),
        ("disconnected", r"\S+ was disconnected"),
        ("busy", rf"{_NET} takes no more (?:of these )?calls until (?P<moment>{_AT}) UTC"),
        ("busy_for_now", rf"(?P<noted>{_NET} (?:takes no more|takes \d+|makes \d+|asks for fewer|has blocked) .*)"),
        ("busy_for_now", r"(?P<noted>YouTube's quota for this day is used up|this channel has uploaded all .*)"),
        ("unreachable", rf"{_NET} (?:could not|cannot) be reached(?:; nothing was sent)?(?: \((?P<noted>.*)\))?"),
        ("no_answer", rf"{_NET} gave no clear answer.*?(?:\((?P<noted>.*)\).*)?"),
        ("processing", rf"(?P<noted>{_NET} is (?:still|not done with) processing.*)"),
        ("sign_in", rf"{_NET} (?:no longer accepts|does not know this account's) .*?(?:\((?P<theirs>.*)\))?"),
        ("lacks_right", r"(?P<noted>without \S+ .*)"),
        ("no_right", rf"{_NET} misses a permission.*?(?:\((?P<theirs>.*)\))?"),
        ("no_right", rf"{_NET} does not let this (?:account|user) do that(?:: | \()(?P<theirs>.*?)(?:\): .*)?"),
        ("sign_in", rf"(?P<noted>.*(?:{_NET}|token|account).*sign (?:it |the account )?in again.*)"),
        ("person_there", rf"(?P<noted>{_NET} (?:wants a person to open|has restricted|takes this for spam).*)"),
        ("refused", rf"{_NET} refuse[sd] this: (?P<theirs>.*)"),
        ("refused", rf"{_NET} refuse[sd] this \((?P<theirs>.*)\)"),
    )
)  # fmt: skip
_APART = ("first", "rest", "theirs", "noted")


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """A sentence of `reasons` in campaigns/locale and what is set into it; no `key` where nothing of ours says it.

    `theirs` are the network's own words, `noted` the machine's.
    """

    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    theirs: str = ""
    noted: str = ""


def understood(why: str) -> Iterator[Meaning]:
    """What a stored reason means, in the order in which it is told."""
    key, groups = _match(why)
    if not key:
        yield Meaning(noted=why)
        return
    if first := groups.get("first"):
        yield from understood(first)
    values = {name: text for name, text in groups.items() if name not in _APART}
    yield Meaning(key=key, values=values, theirs=groups.get("theirs", ""), noted=groups.get("noted", ""))
    if rest := groups.get("rest"):
        yield from understood(rest)


def _match(why: str) -> tuple[str, dict[str, str]]:
    for key, pattern in _MEANINGS:
        if match := pattern.fullmatch(why):
            return key, {name: text for name, text in match.groupdict().items() if text}
    return "", {}
