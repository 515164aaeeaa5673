"""The stage that is up: what it shows, what is on its way to it, and bad days on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.cli.terminal import AsJSON, err, local, out, print_json, print_table

if TYPE_CHECKING:
    from campaigns.settings import Settings
    from platforms.rehearsal.desk import Desk, Pending, Shown, UnderWay, Weather

FIRST_WORDS = 48


def add_to(app: typer.Typer) -> None:
    app.command()(rehearsal)


def rehearsal(
    account: Annotated[str, typer.Option("--account", help="This account alone, by its key.")] = "",
    fault: Annotated[str, typer.Option("--fault", help="Let calls go wrong in this way; --faults lists them.")] = "",
    times: Annotated[int, typer.Option("--times", help="How many calls; 0: until --clear.", min=0)] = 1,
    skip: Annotated[int, typer.Option("--skip", help="After so many that go well.", min=0)] = 0,
    every: Annotated[int, typer.Option("--every", help="Every so many-th call alone.", min=1)] = 1,
    minutes: Annotated[
        float, typer.Option("--minutes", help="For so long; the window of rate-limited too.", min=0)
    ] = 0,
    path: Annotated[str, typer.Option("--path", help="Calls whose path has this pattern in it alone.")] = "",
    faults: Annotated[bool, typer.Option("--faults", help="List what can go wrong, with what it does.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Let all calls go well again.")] = False,
    latency: Annotated[float | None, typer.Option("--latency", help="Seconds that every call takes.", min=0)] = None,
    forward: Annotated[float, typer.Option("--forward", help="Move the stage's clock on, in minutes.", min=0)] = 0,
    as_json: AsJSON = False,
) -> None:
    """What the rehearsal stage shows, and how it behaves: rehearse a bad day. Only the stage is touched."""
    from campaigns.settings import Settings
    from campaigns.stage import desk_of

    if faults:
        _list_faults(as_json=as_json)
        return
    if not fault and (times, skip, every, minutes, path) != (1, 0, 1, 0, ""):
        raise ValueError("--times, --skip, --every, --minutes and --path are of a fault; name it too: --fault NAME")
    settings = Settings.from_environment()
    _must_know(settings, account)
    desk = desk_of(settings)
    if clear:
        desk.let_all_go_well()
    if fault:
        wanted = {"account": account, "times": times, "skip": skip, "every": every, "path": path}
        _let_go_wrong(desk, settings, fault, minutes, wanted)
    if latency is not None:
        desk.take_time(latency)
    if forward:
        desk.move_clock(forward * 60)
    _tell(desk, account, changed=bool(clear or fault or latency is not None or forward), as_json=as_json)


def _list_faults(*, as_json: bool) -> None:
    from platforms.rehearsal.bad_days import BAD_DAYS

    rows = [{"fault": name, "networks": day.where, "says": day.told} for name, day in BAD_DAYS.items()]
    if as_json:
        print_json(rows)
    else:
        print_table(
            "What can go wrong on the stage",
            ("fault", "networks", "what happens"),
            (tuple(row.values()) for row in rows),
        )


def _must_know(settings: Settings, account: str) -> None:
    known = {each.key for each in settings.accounts}
    if account and account not in known:
        raise ValueError(f"there is no account {account!r}; sawt accounts lists them")
    if account and settings.signed_in(account):
        raise ValueError(f"{account} has credentials and speaks to its network; the stage has nothing to do with it")


def _let_go_wrong(desk: Desk, settings: Settings, name: str, minutes: float, wanted: Mapping[str, object]) -> None:
    from platforms.rehearsal.bad_days import BAD_DAYS

    if name not in BAD_DAYS:
        raise ValueError(f"there is no fault {name!r}; sawt rehearsal --faults lists them")
    network = next((each.network for each in settings.accounts if each.key == wanted["account"]), None)
    if network and network not in BAD_DAYS[name].networks:
        raise ValueError(f"{name} does not happen on {network.label}; sawt rehearsal --faults says where it does")
    window = {"lasting": minutes * 60, "seconds": minutes * 60} if minutes else {}
    desk.let_go_wrong({"name": name, "method": "*", **wanted, **window})


def _tell(desk: Desk, account: str, *, changed: bool, as_json: bool) -> None:
    weather = desk.weather()
    shown = [each for each in desk.shown() if account in ("", each.account)]
    under_way = [each for each in desk.under_way() if account in ("", each.account)]
    if as_json:
        uploads = [each.model_dump(mode="json") for each in under_way]
        posts = [each.model_dump(mode="json") for each in shown]
        print_json({"weather": weather.model_dump(mode="json"), "shown": posts, "under_way": uploads})
        return
    err.print("REHEARSAL: this is the stage; nothing here reaches an audience.", style="yellow")
    if not changed:
        _tell_posts(shown, under_way)
    _tell_weather(weather)


def _tell_posts(shown: Sequence[Shown], under_way: Sequence[UnderWay]) -> None:
    if shown:
        print_table("What the audience sees", _COLUMNS, _by_account(shown))
    else:
        out.print("The audience has seen nothing yet.")
    if under_way:
        rows = ((each.account, each.id[:20], _far(each.received, each.size)) for each in under_way)
        print_table("Uploads under way", ("account", "id", "bytes"), rows)


_COLUMNS = ("account", "time (UTC)", "id", "first words", "media", "hidden (UTC)")


def _by_account(shown: Sequence[Shown]) -> list[tuple[Any, ...]]:
    ordered = sorted(shown, key=lambda each: (each.account, each.shown_at))
    return [
        (e.account, local(e.shown_at), e.remote_id, _first_words(e), len(e.media) or None, local(e.hidden_at))
        for e in ordered
    ]


def _first_words(shown: Shown) -> str:
    words = " ".join((shown.title or shown.text).split())
    return words if len(words) <= FIRST_WORDS else words[: FIRST_WORDS - 1].rsplit(" ", 1)[0] + "…"


def _far(received: int | None, size: int) -> str:
    return f"{size:,}" if received is None else f"{received:,} of {size:,}"


def _tell_weather(weather: Weather) -> None:
    from platforms.rehearsal.bad_days import BAD_DAYS

    rows = [
        (each.name, each.account or "all", each.path, _left(each), BAD_DAYS[each.name].told) for each in weather.faults
    ]
    if rows:
        print_table("What is to go wrong", ("fault", "account", "calls to", "still", "what happens"), rows)
    else:
        out.print("Nothing is to go wrong.")
    if weather.latency:
        out.print(f"Every call takes {weather.latency:g} s.")
    if weather.ahead:
        out.print(f"The stage's clock is {weather.ahead / 60:g} min ahead: {local(weather.now)} UTC.")


def _left(pending: Pending) -> str:
    if pending.times:
        return f"{pending.times - pending.happened}×"
    return f"for {pending.lasting / 60:g} min in all" if pending.lasting else "until --clear"
