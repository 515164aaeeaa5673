"""The generous look at a text is never less than what X's own tables say."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import example, given
from hypothesis import strategies as st
from twitter_text import extract_urls

from platforms.x.weighing import has_link, weighs_at_most, weighted_length

_PIECES = st.sampled_from(
    [
        "www.",
        "oic-oci",
        ".org",
        "مثال",
        ".إختبار",
        "例",
        ".co",
        "/a",
        "https://",
        " ",
        "\n",
        "é",
        "👩‍🎓",
        "؟",
        ".",
        "﷽",
        "क़",
    ]
)
_TEXTS = st.one_of(st.text(), st.lists(_PIECES, max_size=40).map("".join))


@given(_TEXTS)
@example("README.md")
def test_no_text_weighs_more_than_the_generous_count_says(text: str) -> None:
    assert weighted_length(text) <= weighs_at_most(text)


@given(_TEXTS)
@example("see oic-oci.org")
@example("http://a\x1f.com")
def test_a_link_is_seen_exactly_where_x_sees_one(text: str) -> None:
    assert has_link(text) == bool(extract_urls(text))


def test_a_short_post_is_weighed_and_priced_without_loading_the_tables_of_x() -> None:
    quick = """
import sys
from platforms.x.prices import POST, of_post
from platforms.x.weighing import fits
text = "مبادرة تجمع طلابًا من اثنتي عشرة جامعة. تبدأ غدًا."
assert fits(text, 280) and of_post(text) == POST
assert "twitter_text" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", quick], check=True)
