"""The command: verbs registered by their modules, errors as one plain line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import Abort, Exit, TyperException

from stormtrail import verbs
from stormtrail.console import note
from stormtrail.errors import ExitCode, StormtrailError

app = typer.Typer(
    name="stormtrail",
    help="Finds log storms in AWS CloudTrail archives: factor S, cost, cause and cure.",
    epilog="Start with: stormtrail demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def root() -> None:
    """Finds log storms in AWS CloudTrail archives: factor S, cost, cause and cure."""


verbs.register_all(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and ends the process with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit code, with any error said in one line on stderr."""
    try:
        command = typer.main.get_command(app)
        # not command.main(): it would end the process for some of the errors below by itself
        with command.make_context("stormtrail", list(arguments)) as context:
            result = command.invoke(context)
        sys.stdout.flush()
        return result if isinstance(result, int) else ExitCode.DONE
    except BaseException as error:
        return _ended(error)


def _ended(error: BaseException) -> int:
    """Says what ended the command, in a line for a person, and gives the exit code."""
    if os.environ.get("STORMTRAIL_TRACEBACK"):
        traceback.print_exception(error)
    if isinstance(error, Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        raise error
    if isinstance(error, (KeyboardInterrupt, Abort)):
        note("interrupted; nothing is lost, the same command goes on from here")
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return _reader_left()
    if isinstance(error, TyperException):
        return _misused(error)
    if isinstance(error, StormtrailError):
        note(f"error: {error.line()}")
        return error.exit_code
    if isinstance(error, OSError):
        note(f"error: {error}")
        return ExitCode.UNREADABLE
    note(f"error: unexpected {type(error).__name__}: {error}; STORMTRAIL_TRACEBACK=1 shows where")
    return ExitCode.UNREADABLE


def _misused(error: TyperException) -> int:
    """A usage error with the way to the help; a bare command's help is no error line."""
    context = getattr(error, "ctx", None)
    message = getattr(error, "format_message", error.__str__)()
    if type(error).__name__ == "NoArgsIsHelpError":
        note_help(message)
        return ExitCode.USAGE
    path = context.command_path if context else "stormtrail"
    note(f"error: {message}; see `{path} --help`")
    return ExitCode.USAGE


def note_help(text: str) -> None:
    """Help that nobody asked for is talk, and has more than one line."""
    for line in text.splitlines():
        note(line)


def _reader_left() -> int:
    """`stormtrail … | head`: the reader has enough; quiet, also at interpreter exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.DONE


if __name__ == "__main__":
    main()
