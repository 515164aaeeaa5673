"""One command, `sawt`: the same verbs as the desk, for people at a terminal and for scripts.

Every reading command has `--json`; an error is one line on the error stream and a non-zero exit code.
Heavy rooms are opened inside the commands that need them, so that `sawt --help` is instant.
"""

from __future__ import annotations

import logging
import os
import sys

import typer

from campaigns.cli import accounts, coming_back, going_out, house, rehearsal, signing, work

app = typer.Typer(
    name="sawt",
    help="Campaign manager: queue, approve, publish, measure, tell the month.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for room in (house, accounts, signing, rehearsal, work, going_out, coming_back):
    room.add_to(app)


def main() -> None:
    """Run the command; whatever goes wrong is said in one line."""
    logging.basicConfig(
        level=os.environ.get("SAWT_LOG", "WARNING").upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    try:
        app()
    except Exception as error:
        if os.environ.get("SAWT_DEBUG"):
            raise
        typer.echo(f"sawt: {_sentence(error)}", err=True)
        sys.exit(1)


def _sentence(error: Exception) -> str:
    from sqlalchemy.exc import OperationalError, SQLAlchemyError

    from campaigns.running import CannotRun
    from platforms.errors import PlatformError
    from platforms.rehearsal.desk import NoStage

    if isinstance(error, OperationalError):
        return "the database cannot be used just now; look at SAWT_DATABASE_URL and SAWT_HOME (sawt doctor)"
    if isinstance(error, (ValueError, CannotRun, NoStage, PlatformError)) and not isinstance(error, SQLAlchemyError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"
    return f"something unforeseen happened ({type(error).__name__}); SAWT_DEBUG=1 shows where"
