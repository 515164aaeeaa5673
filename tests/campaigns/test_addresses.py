"""What somebody saw at an address, and the id by which its network keeps it."""

from __future__ import annotations

import pytest

from campaigns import addresses
from platforms.contract import Network


@pytest.mark.parametrize(
    ("network", "address", "known_as"),
    [
        (Network.X, "https://x.com/i/status/1993000000000000001", "1993000000000000001"),
        (Network.X, "https://x.com/sawt/status/1993000000000000001?s=20", "1993000000000000001"),
        (Network.X, "https://x.com/sawt/status/1993000000000000001/photo/1", "1993000000000000001"),
        (Network.FACEBOOK, "https://www.facebook.com/12/posts/34/", "12_34"),
        (Network.FACEBOOK, "https://www.facebook.com/permalink.php?story_fbid=34&id=12", "12_34"),
        (Network.FACEBOOK, "https://www.facebook.com/reel/567", "567"),
        (Network.FACEBOOK, "https://www.facebook.com/watch/?v=567", "567"),
        (Network.FACEBOOK, "https://www.facebook.com/12/videos/567/", "567"),
        (Network.YOUTUBE, "https://youtu.be/abcdefghi_-", "abcdefghi_-"),
        (Network.YOUTUBE, "https://www.youtube.com/watch?v=abcdefghi_-&t=3", "abcdefghi_-"),
        (Network.YOUTUBE, "https://www.youtube.com/shorts/abcdefghi_-", "abcdefghi_-"),
        (Network.WEBSITE, "https://site.example/?p=42", "42"),
        (Network.WEBSITE, "https://site.example/wp-admin/post.php?post=42&action=edit", "42"),
    ],
)
def test_an_address_names_the_id_that_its_network_gave(network: Network, address: str, known_as: str) -> None:
    assert addresses.remote_id(network, address) == known_as
    assert addresses.is_id(network, known_as)


@pytest.mark.parametrize(
    ("network", "address"),
    [
        (Network.X, "https://x.com/sawt"),
        (Network.X, "https://x.com/sawt/status"),
        (Network.X, "https://x.com/sawt/status/١٢٣"),
        (Network.YOUTUBE, "https://www.youtube.com/@sawt"),
        (Network.YOUTUBE, "https://www.youtube.com"),
        (Network.WEBSITE, "https://site.example/kind-words/"),
        (Network.INSTAGRAM, "https://www.instagram.com"),
        (Network.FACEBOOK, f"https://www.facebook.com/posts/{'x' * 201}"),
    ],
)
def test_an_address_without_an_id_is_not_guessed_at(network: Network, address: str) -> None:
    with pytest.raises(addresses.NoId, match=r"write it too: --id"):
        addresses.remote_id(network, address)


@pytest.mark.parametrize(
    ("network", "address", "code"),
    [
        (Network.FACEBOOK, "https://www.facebook.com/sawt/posts/pfbid02abc", "pfbid02abc"),
        (Network.FACEBOOK, "https://www.facebook.com/sawt/posts/34", "34"),
        (Network.INSTAGRAM, "https://www.instagram.com/p/DAbc_1/", "DAbc_1"),
    ],
)
def test_a_code_in_an_address_of_meta_s_stands_in_for_the_id(network: Network, address: str, code: str) -> None:
    assert addresses.remote_id(network, address) == code


def test_an_id_that_a_person_gives_comes_first_and_must_be_one() -> None:
    seen_at = "https://site.example/kind-words/"
    assert addresses.remote_id(Network.WEBSITE, seen_at, " 42 ") == "42"
    with pytest.raises(addresses.NoId):
        addresses.remote_id(Network.WEBSITE, seen_at, "kind-words")
    with pytest.raises(addresses.NoId):
        addresses.remote_id(Network.INSTAGRAM, "https://www.instagram.com/p/DAbc_1/", "DAbc_1")


@pytest.mark.parametrize(
    "words", ["", "x.com/i/status/1", "javascript:alert(1)", "https://", "https://x.com/a b", "http://["]
)
def test_what_is_no_address_on_the_web_is_told_apart(words: str) -> None:
    assert not addresses.is_web(words)
    assert addresses.is_web("https://x.com/i/status/1")


@pytest.mark.parametrize(
    ("network", "address", "there"),
    [
        (Network.X, "https://x.com/i/status/1", True),
        (Network.X, "https://mobile.twitter.com/sawt/status/1", True),
        (Network.X, "https://x.com.example.org/i/status/1", False),
        (Network.X, "https://notx.com/i/status/1", False),
        (Network.X, "http://x.com/i/status/1", False),
        (Network.FACEBOOK, "https://example.org/1", False),
        (Network.FACEBOOK, "https://web.facebook.com/12/posts/34", True),
        (Network.WEBSITE, "https://wisdom.example/?p=1", True),
        (Network.YOUTUBE, "https:///watch?v=abcdefghi_-", False),
    ],
)
def test_an_address_is_one_of_the_network_s_own_or_none(network: Network, address: str, there: bool) -> None:
    assert addresses.is_on(network, address, rehearsal=False) is there


def test_the_stage_s_own_addresses_count_for_what_plays_there_alone() -> None:
    assert addresses.is_on(Network.FACEBOOK, "http://127.0.0.1:8400/graph/1", rehearsal=True)
    assert not addresses.is_on(Network.FACEBOOK, "http://127.0.0.1:8400/graph/1", rehearsal=False)
