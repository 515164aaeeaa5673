"""Public places for files that a network fetches by itself: laid out, looked at as Meta will, taken away again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from moto.server import ThreadedMotoServer

from campaigns import shelves
from campaigns.doctor import examine
from campaigns.settings import Settings, SettingsError
from platforms.contract import Network
from platforms.endpoints import Endpoints, StrayCall, WalledSession
from platforms.errors import PlatformError, Refused, Unreachable
from platforms.rehearsal import credentials
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from platforms.shelf import FolderShelf, LoopbackShelf, NoShelf, Shelf, names
from platforms.shelf import checking as checking_module
from platforms.shelf.bucket import BucketShelf
from platforms.shelf.checking import AGENT, CheckedShelf, look
from platforms.shelf.wordpress import LibraryShelf
from tests.platforms.articles import a_picture

SOON, LONG_AGO = datetime.now(UTC) + timedelta(days=1), datetime.now(UTC) - timedelta(days=1)
KEYS = {"kind": "s3", "bucket": "sawt-media", "access_key_id": "stage", "secret_access_key": "a secret of the stage"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return a_picture(tmp_path).path


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """A bucket on loopback; what the network's own SDK would ask a cloud's machines is asked of nobody."""
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "stage", "aws_secret_access_key": "stage", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    client.create_bucket(Bucket=KEYS["bucket"])
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**everybody, "Resource": f"arn:aws:s3:::{KEYS['bucket']}/*"}]}
    client.put_bucket_policy(Bucket=KEYS["bucket"], Policy=json.dumps(policy))
    yield endpoint
    server.stop()


@contextmanager
def _folder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Shelf, str]]:
    with closing(LoopbackShelf(tmp_path / "shelf")) as shelf:
        yield shelf, shelf.base_url


@contextmanager
def _bucket(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Shelf, str]]:
    endpoint = request.getfixturevalue("storage")
    base_url = f"{endpoint}/{KEYS['bucket']}"
    yield BucketShelf({**KEYS, "endpoint": endpoint}, base_url), base_url


@contextmanager
def _library(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Shelf, str]]:
    with in_thread(Stage(files=tmp_path / "stage")) as running:
        base = f"{running.base}/website"
        library = LibraryShelf(credentials(Network.WEBSITE, "web"), Endpoints(website=base))
        yield library, base
        library._client.session.close()


@pytest.fixture(params=[_folder, _bucket, _library], ids=["folder", "bucket", "library"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Shelf, str]]:
    with request.param(tmp_path, request) as opened:
        yield opened


def test_what_is_laid_out_is_to_be_had_until_it_is_taken_away(place: tuple[Shelf, str], picture: Path) -> None:
    shelf, base_url = place
    checked = CheckedShelf(shelf, base_url, for_loopback=True)
    first, second = (checked.put(picture, suffix=".jpg") for _ in range(2))
    assert first != second
    assert len(first.rpartition("/")[2]) >= 44, "nobody guesses it"
    answer = requests.get(first, timeout=10)
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", picture.read_bytes())
    for _ in range(2):
        checked.remove(first)
    assert requests.get(first, timeout=10).status_code == 404
    assert requests.get(second, timeout=10).status_code == 200
    checked.remove(second)


def test_what_a_crash_left_behind_is_swept_away_by_its_age(place: tuple[Shelf, str], picture: Path) -> None:
    shelf, base_url = place
    url = shelf.put(picture, suffix=".jpg")
    checked = CheckedShelf(shelf, base_url)
    assert checked.sweep(LONG_AGO) == 0
    assert checked.sweep(SOON) == 1
    assert requests.get(url, timeout=10).status_code == 404


def test_what_is_not_ours_stays(tmp_path: Path, picture: Path) -> None:
    folder = tmp_path / "shown"
    shelf = FolderShelf(folder, "https://example.org/m")
    (folder / "logo.jpg").write_bytes(b"theirs")
    shelf.remove("https://example.org/m/logo.jpg")
    shelf.remove("https://example.org/m/../../etc/passwd")
    assert shelf.sweep(SOON) == 0
    assert [each.name for each in folder.iterdir()] == ["logo.jpg"]


def test_no_proxy_and_no_profile_of_the_environment_touches_a_bucket(
    storage: str, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "somebody-else")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    shelf = BucketShelf({**KEYS, "endpoint": storage}, storage)
    shelf.remove(shelf.put(picture, suffix=".jpg"))


def test_wrong_keys_and_a_storage_that_is_away_are_said_without_a_secret(storage: str, picture: Path) -> None:
    gone = BucketShelf({**KEYS, "endpoint": storage, "bucket": "another"}, storage)
    with pytest.raises(Refused, match="NoSuchBucket"):
        gone.put(picture, suffix=".jpg")
    away = BucketShelf({**KEYS, "endpoint": "http://127.0.0.1:9"}, storage)
    with pytest.raises(Unreachable, match="could not be reached") as caught:
        away.put(picture, suffix=".jpg")
    assert KEYS["secret_access_key"] not in f"{caught.value!r} {away.bucket!r}"


@pytest.mark.parametrize(
    ("addressing", "address"),
    [("path", "https://s3.example.org/sawt-media/k"), ("virtual", "https://sawt-media.s3.example.org/k")],
)
def test_a_bucket_stands_in_the_path_or_before_the_host(addressing: str, address: str) -> None:
    shelf = BucketShelf({**KEYS, "endpoint": "https://s3.example.org", "addressing": addressing}, "")
    signed = shelf._s3.generate_presigned_url("get_object", Params={"Bucket": "sawt-media", "Key": "k"})
    assert signed.partition("?")[0] == address


# As Meta's fetcher will look: one clear sentence for everything that would keep it out.


@dataclass
class Door:
    """A web server that answers as told; `asked` is who asked for what."""

    status: int = 200
    kind: str = "image/jpeg"
    body: bytes = b""
    robots: tuple[int, str] = (404, "")
    location: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def door(picture: Path) -> Iterator[tuple[Door, str]]:
    opened = Door(body=picture.read_bytes())

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            opened.asked.append((self.path, self.headers["User-Agent"]))
            robots = self.path == "/robots.txt"
            status, body = opened.robots if robots else (opened.status, "")
            content = body.encode() if robots else opened.body
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if robots else opened.kind)
            self.send_header("Content-Length", str(len(content)))
            if opened.location:
                self.send_header("Location", opened.location)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield opened, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(10)


NAME = "0" * 40 + ".jpg"


def test_the_look_comes_as_metas_fetcher_and_reads_robots_first(door: tuple[Door, str], picture: Path) -> None:
    opened, base = door
    opened.robots = 200, "User-agent: *\nDisallow: /\n\nUser-agent: facebookexternalhit\nAllow: /m/\nDisallow: /\n"
    look(f"{base}/m/{NAME}", picture, base_url=f"{base}/m", for_loopback=True)
    assert opened.asked == [("/robots.txt", AGENT), (f"/m/{NAME}", AGENT)]


def _changed(**told: Any) -> Callable[[Door], None]:
    return lambda opened: opened.__dict__.update(told)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (_changed(status=404), Refused, "not to be had"),
        (_changed(status=403), Refused, "only its own people"),
        (_changed(status=302, location="https://example.org/"), Refused, "leads elsewhere"),
        (_changed(status=503), Unreachable, "in trouble"),
        (_changed(kind="text/html; charset=utf-8"), Refused, "calls the picture text/html: it must say image/jpeg"),
        (_changed(body=b"smaller"), Refused, "other bytes"),
        (_changed(robots=(200, "User-agent: *\nDisallow: /\n")), Refused, "keeps facebookexternalhit out"),
        (_changed(robots=(500, "")), Unreachable, "robots.txt"),
        (_changed(status=301, robots=(301, ""), location="/elsewhere"), Refused, "leads elsewhere"),
    ],
)
def test_what_would_keep_meta_out_is_said_in_a_sentence_and_nothing_stays(
    door: tuple[Door, str], tmp_path: Path, picture: Path,
    change: Callable[[Door], None], kind: type[PlatformError], says: str,
) -> None:  # fmt: skip
    opened, base = door
    change(opened)
    shelf = FolderShelf(tmp_path / "shown", base)
    with pytest.raises(PlatformError, match=says) as caught:
        CheckedShelf(shelf, base, for_loopback=True).put(picture, suffix=".jpg")
    assert type(caught.value) is kind
    assert not list(shelf.folder.iterdir())


def test_a_server_that_is_away_is_not_the_posts_fault(picture: Path) -> None:
    base = "http://127.0.0.1:9"
    with pytest.raises(Unreachable, match="does not answer"):
        look(f"{base}/{NAME}", picture, base_url=base, for_loopback=True)


@pytest.mark.parametrize(
    ("base", "found", "says"),
    [
        ("http://media.example.org", "203.0.113.7", "https://"),
        ("https://media.example.org", "10.0.0.7", "inside this house"),
        ("https://media.example.org", "169.254.169.254", "inside this house"),
        ("https://localhost", "127.0.0.1", "inside this house"),
    ],
)
def test_an_address_that_only_we_can_reach_is_refused_for_a_real_network(
    monkeypatch: pytest.MonkeyPatch, picture: Path, base: str, found: str, says: str
) -> None:
    monkeypatch.setattr(checking_module, "getaddrinfo", lambda *_: [(0, 0, 0, "", (found, 443))])
    with pytest.raises(Refused, match=says):
        look(f"{base}/{NAME}", picture, base_url=base)


def test_the_look_goes_to_the_base_addresss_host_and_nowhere_else(door: tuple[Door, str], picture: Path) -> None:
    opened, base = door
    with pytest.raises(Refused, match="not under SAWT_MEDIA_BASE_URL"):
        look(f"https://example.org/{NAME}", picture, base_url=base, for_loopback=True)
    assert not opened.asked
    with pytest.raises(StrayCall):
        WalledSession(Endpoints.alone(base)).get("https://graph.facebook.com/")


# Which place it is, as the settings say.


def test_each_place_is_set_up_by_a_line_or_a_table(settings: Settings, storage: str, tmp_path: Path) -> None:
    def inner(**changed: Any) -> Shelf:
        shelf = shelves.public_shelf(replace(settings, **changed))
        return shelf._shelf if isinstance(shelf, CheckedShelf) else shelf

    base, site = "https://media.example.org", {"site_url": "https://example.org", "username": "u"}
    assert isinstance(inner(), NoShelf)
    folder = inner(media_base_url=base)
    assert isinstance(folder, FolderShelf) and folder.folder == settings.home / "shown"
    assert isinstance(inner(media_base_url=base, media_place={**KEYS, "endpoint": storage}), BucketShelf)
    library = inner(media_place={"kind": "website", **site, "application_password": "p"})
    assert isinstance(library, LibraryShelf)


def test_a_table_that_cannot_be_used_names_what_is_wrong(settings: Settings, tmp_path: Path) -> None:
    half = {**KEYS, "endpoint": "", "addressing": "sideways"}
    with pytest.raises(PlatformError, match="addressing, endpoint") as caught:
        shelves.public_shelf(replace(settings, media_base_url="https://m.example.org", media_place=half))
    assert KEYS["secret_access_key"] not in str(caught.value)
    file = tmp_path / "credentials.toml"
    file.write_text('[media]\nkind = "ftp"\n[x-en]\naccess_token = "t"\n')
    environment = {"SAWT_HOME": str(tmp_path), "SAWT_CREDENTIALS_FILE": str(file)}
    with pytest.raises(SettingsError, match="write s3 or website"):
        Settings.from_environment(environment)
    file.write_text(file.read_text().replace("ftp", "s3"))
    read = Settings.from_environment(environment)
    assert (list(read.credentials), read.media_place) == (["x-en"], {"kind": "s3"})


def test_the_clock_sweeps_what_rehearsals_and_networks_left(settings: Settings, picture: Path) -> None:
    settings = replace(settings, media_base_url="https://media.example.org")
    for folder in ("shelf", "shown"):
        FolderShelf(settings.home / folder, "").put(picture, suffix=".jpg")
    assert shelves.sweep(settings, now=datetime.now(UTC)) == 0
    assert shelves.sweep(settings, now=datetime.now(UTC) + timedelta(days=3)) == 2


def test_the_doctor_lays_a_picture_out_and_looks_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAWT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SAWT_GRAPH_URL", "http://127.0.0.1:9")

    def told() -> tuple[str, str]:
        return next((each.state, each.says) for each in examine() if each.what == "public media")

    assert told() == ("well", "no address set, and none needed")
    with closing(LoopbackShelf(tmp_path / "shown")) as web_server:
        monkeypatch.setenv("SAWT_MEDIA_BASE_URL", web_server.base_url)
        monkeypatch.setenv("SAWT_MEDIA_DIR", str(web_server.folder))
        assert told()[0] == "well"
        monkeypatch.setenv("SAWT_MEDIA_DIR", str(tmp_path / "elsewhere"))
        state, says = told()
        assert (state, "does it show this folder" in says) == ("broken", True)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_names_are_ours_alone() -> None:
    assert names.PATTERN.fullmatch(names.new_name(".jpg"))
    assert not names.PATTERN.fullmatch("../" + names.new_name(".jpg"))
