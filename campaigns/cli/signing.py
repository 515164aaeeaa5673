"""Signing accounts in, and the keys to what is stored: account, keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.cli.terminal import House, local, me, now, opened, out, print_table

if TYPE_CHECKING:
    from campaigns.models import Account
    from platforms.signing_in import Candidate, Entrance, Way

Key = Annotated[str, typer.Argument(help="The account's key; sawt accounts lists them.")]


def add_to(app: typer.Typer) -> None:
    account = typer.Typer(help="Sign one account in, or take its sign-in away.", no_args_is_help=True)
    account.command()(connect)
    account.command()(disconnect)
    account.command("import")(bring)
    app.add_typer(account, name="account")
    keys = typer.Typer(help="The keys that stored sign-ins are sealed with.", no_args_is_help=True)
    keys.command()(check)
    keys.command()(rotate)
    keys.command()(retire)
    app.add_typer(keys, name="keys")


def connect(
    key: Key,
    way: Annotated[str, typer.Option("--way", help="consent, keys, token or password; the first by default.")] = "",
    paste: Annotated[bool, typer.Option("--paste", help="Paste the address at which the browser ends up.")] = False,
    callback_port: Annotated[
        int, typer.Option("--callback-port", help="Where the browser comes back to.", min=1, max=65535)
    ] = 8322,
    chosen: Annotated[str, typer.Option("--as", help="The id to speak as, where it is known beforehand.")] = "",
) -> None:
    """Sign an account in: shows who answers there, and stores it sealed once you have confirmed."""
    from campaigns import tokens
    from platforms import entrance

    with opened() as house:
        account = _account(house, key)
        door = entrance(account.network)
        chosen_way = door.way(way or door.ways[0].name)
        _make_key(house)
        candidates = _ask(house, door, chosen_way, paste, callback_port)
        candidate = _choose(candidates, chosen)
        _confirm(house, key, candidate, sure=bool(chosen))
        with house.store.writing(durable=True) as session:
            row = session.get_one(type(account), key)
            tokens.keep(session, row, candidate, tokens.keyring_of(house.settings), by=me(), now=now())
    out.print(f"{key} speaks as {candidate.standing.name} from now on.", soft_wrap=True)


def disconnect(key: Key) -> None:
    """Destroy the stored sign-in of an account. What was allowed on the network is taken away there."""
    from campaigns import tokens

    with opened() as house:
        account = _account(house, key)
        with house.store.writing(durable=True) as session:
            row = session.get_one(type(account), key)
            held = tokens.forget(session, row, settings=house.settings, by=me(), now=now())
    out.print(f"{key} is disconnected.")
    if held:
        out.print(f"Held, until it is connected again and each is released: {held} that waited there.", soft_wrap=True)


def bring() -> None:
    """Store every account of the credentials file, sealed, after asking each network who answers."""
    from campaigns import tokens
    from platforms import entrance
    from platforms.errors import PlatformError
    from platforms.signing_in import Candidate

    failed = 0
    with opened() as house:
        filed = tokens.filed(house.settings)
        if not filed:
            raise ValueError("there is nothing to import: SAWT_CREDENTIALS_FILE names no file with an account's table")
        _make_key(house)
        for key, credentials in filed.items():
            account = _account(house, key)
            try:
                standing = entrance(account.network).look(credentials, house.settings.endpoints)
            except PlatformError as error:
                out.print(f"{key}: left as it is: {error}", soft_wrap=True)
                failed += 1
                continue
            candidate = Candidate(standing=standing, credentials=credentials)
            with house.store.writing(durable=True) as session:
                row = session.get_one(type(account), key)
                tokens.keep(session, row, candidate, tokens.keyring_of(house.settings), by=me(), now=now())
            out.print(f"{key} speaks as {standing.name}; its table can leave the file.", soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def check() -> None:
    """Whether the key file is safe, and opens everything."""
    from campaigns import tokens
    from campaigns.models import Token

    with opened() as house:
        keyring = tokens.keyring_of(house.settings)
        names, troubles = keyring.names, tokens.unopened(house.store, keyring)
        with house.store.reading() as session:
            sealed = session.query(Token).count()
    out.print(f"{keyring.file}: {names[0]} seals, {' '.join(names[1:]) or 'none'} beside it.", soft_wrap=True)
    for key, why in troubles.items():
        out.print(f"{key}: {why}", style="red", soft_wrap=True)
    out.print(f"{sealed - len(troubles)} of {sealed} sign-ins open.")
    if troubles:
        raise typer.Exit(2)


def rotate() -> None:
    """Put a new key first and seal everything anew with it. The old key still opens, until sawt keys retire."""
    from campaigns import tokens

    with opened() as house:
        keyring = tokens.keyring_of(house.settings)
        sealed = tokens.rotate(house.store, keyring)
    out.print(f"{sealed} sign-ins are sealed with {keyring.names[0]}. Back the key file up; then: sawt keys retire")


def retire() -> None:
    """Drop every key but the first, once nothing needs them."""
    from campaigns import tokens

    with opened() as house:
        dropped = tokens.retire(house.store, tokens.keyring_of(house.settings))
    out.print(f"{dropped} old keys are gone from the file. Backups from before need them: keep a copy apart.")


def _account(house: House, key: str) -> Account:
    from campaigns.models import Account

    with house.store.reading() as session:
        account = session.get(Account, key)
    if account is None:
        raise ValueError(f"there is no account {key!r}; sawt accounts lists them")
    return account


def _make_key(house: House) -> None:
    from campaigns import tokens

    keyring = tokens.keyring_of(house.settings)
    with house.store.reading() as session:
        made = tokens.make_key(session, keyring)
    if made:
        out.print(f"A key was made: {keyring.file}. What is stored is worth nothing without it,", soft_wrap=True)
        out.print("and no backup has it: keep a copy of this file, apart from the data.")


def _ask(house: House, door: Entrance, way: Way, paste: bool, port: int) -> Sequence[Candidate]:
    from campaigns import callback

    settings = house.settings
    known = settings.apps.get(door.app, {})
    if way.name != "consent":
        return door.pasted(_typed(way.fields, way.open), known, settings.endpoints)
    app = {**_typed([name for name in (*door.app_fields, *door.app_options) if name not in known]), **known}
    consent = door.consent(app, settings.endpoints, callback.address(port))
    with nullcontext() if paste else callback.listening(port) as heard:
        out.print(f"Open this address, and allow it there (our app must know {consent.redirect}):", soft_wrap=True)
        out.print(consent.address, style="bold", soft_wrap=True)
        if heard is None:
            answer = callback.query_of(typer.prompt("The address at which the browser ended up", hide_input=True))
        else:
            answer = heard.wait()
    return door.granted(app, settings.endpoints, consent, consent.code(answer))


def _typed(names: Sequence[str], shown: frozenset[str] = frozenset()) -> Mapping[str, str]:
    return {name: typer.prompt(name, hide_input=name not in shown, default="", show_default=False) for name in names}


def _choose(candidates: Sequence[Candidate], chosen: str) -> Candidate:
    named = [each for each in candidates if each.standing.remote_id == chosen]
    if chosen:
        if not named:
            there = ", ".join(f"{each.standing.name} ({each.standing.remote_id})" for each in candidates)
            raise ValueError(f"{chosen} did not answer; nothing was stored. There is: {there}")
        return named[0]
    if len(candidates) == 1:
        return candidates[0]
    rows = [(number, each.standing.name, each.standing.remote_id) for number, each in enumerate(candidates, start=1)]
    print_table("This sign-in leads to", ("no.", "name", "id"), rows)
    number: int = typer.prompt("Which of them (no.)", type=int)
    if not 1 <= number <= len(candidates):
        raise ValueError("there is no such number; nothing was stored")
    return candidates[number - 1]


def _confirm(house: House, key: str, candidate: Candidate, *, sure: bool) -> None:
    from campaigns.models import Token

    standing = candidate.standing
    with house.store.reading() as session:
        before = session.get(Token, key)
    if before and before.speaks_as and before.speaks_as != standing.name:
        out.print(f"Until now {key} spoke as {before.speaks_as}.", style="yellow", soft_wrap=True)
    until = f"until {local(standing.expires_at)} UTC" if standing.expires_at else "without an end that is known"
    out.print(f"There answers {standing.name} (id {standing.remote_id}), {until}.", soft_wrap=True)
    for sentence in standing.lacks:
        out.print(f"It lacks something: {sentence}.", style="yellow", soft_wrap=True)
    if not sure and not typer.confirm(f"Is this {key}?"):
        raise ValueError("nothing was stored")
