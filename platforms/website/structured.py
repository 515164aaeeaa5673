"""What an article says to machines, as schema.org's JSON-LD: a fact that was checked, or a doctrine explained.

Only a claim that facts can settle, and that the Centre's scholars have confirmed, is rated (ClaimReview). A matter of
doctrine is explained and not rated (Article about a DefinedTerm). Where a claim was seen is never told, so
that nobody is led to it, and the claim itself stands in no headline.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from platforms.contract import Outgoing, Rebutted
from platforms.website import spoken
from platforms.website.article import headline

OPENING = '<script type="application/ld+json">'


def script(outgoing: Outgoing, *, site: str, address: str | None, published_on: date, image: str | None) -> str:
    """One line of JSON-LD. `site` and `address` are the site's and the article's own."""
    said = _told(outgoing, site) | {"datePublished": published_on.isoformat()}
    said["dateModified"] = max([published_on, *(each.on for each in outgoing.corrections)]).isoformat()
    said |= {"url": address} if address else {}
    said |= {"image": image} if image else {}
    return f"{OPENING}{_harmless(json.dumps({'@context': 'https://schema.org', **said}, ensure_ascii=False))}</script>"


def _told(outgoing: Outgoing, site: str) -> dict[str, Any]:
    own = spoken.in_(outgoing.language)
    confirmed = [each for each in outgoing.rebuts if each.confirmed]
    shared: dict[str, Any] = {
        "inLanguage": outgoing.language,
        "author": {"@type": "Organization", "name": own.house, "url": site},
    }
    shared |= {"reviewedBy": reviewers} if (reviewers := _reviewers(confirmed)) else {}
    shared |= {"citation": list(cited)} if (cited := _cited(outgoing, confirmed)) else {}
    if confirmed and confirmed[0].kind == "factual":
        return _claim_review(confirmed[0], own) | shared
    about = [_term(each, own, outgoing.language) for each in confirmed]
    return {"@type": "Article", "headline": headline(outgoing)} | shared | ({"about": about} if about else {})


def _claim_review(claim: Rebutted, own: spoken.Spoken) -> dict[str, Any]:
    rating = {"@type": "Rating", "ratingValue": 1, "bestRating": 5, "worstRating": 1, "alternateName": own.false}
    return {
        "@type": "ClaimReview",
        "claimReviewed": claim.claim,
        "itemReviewed": {"@type": "Claim"},
        "reviewRating": rating,
    }


def _term(belief: Rebutted, own: spoken.Spoken, language: str) -> dict[str, Any]:
    """The belief as a term of the Centre's own catalogue; what it claims is a description and no name."""
    return {
        "@type": "DefinedTerm",
        "termCode": belief.key,
        "name": own.misconception,
        "description": belief.claim,
        "inLanguage": language,
    }


def _cited(outgoing: Outgoing, confirmed: list[Rebutted]) -> dict[str, None]:
    return dict.fromkeys([*outgoing.citations, *(source for each in confirmed for source in each.citations)])


def _reviewers(confirmed: list[Rebutted]) -> list[dict[str, str]]:
    names = dict.fromkeys(each.reviewed_by for each in confirmed if each.reviewed_by)
    return [{"@type": "Person", "name": name} for name in names]


def _harmless(told: str) -> str:
    """Nothing in it ends the script, or is a shortcode to WordPress."""
    told = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return re.sub(r"\[(?=[\w/])", r"\\u005b", told)
