"""One line for what went wrong: what, where, what to do now."""

import os
import re
import sys
import traceback
from typing import Any

import click

TRACE = "ADVISOR_TRACEBACK"
"""Set by whoever develops: errors that nobody foresaw show where they came from."""


OURS = re.compile(r"(ui|agent|tools|knowledge)/[a-z_/0-9]+\.py$")


def usage(error: click.ClickException) -> str:
    """A wrong call of a command, as one line that names the command."""
    text = " ".join(error.format_message().split())
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return f"Error: {text}"
    if lost := re.match(r"No such command '(.+?)'", text):
        from tools.named import closest

        text = f"there is no command {lost[1]!r}. {closest(lost[1], ctx.command.list_commands(ctx))}"
    wrong = text if text[1:2].isupper() else text[0].lower() + text[1:]
    if not wrong.endswith((".", "?", ")")):
        wrong += "."
    return f"Error: {ctx.command_path}: {wrong} See: {ctx.command_path} --help"


def unforeseen(error: Exception) -> str:
    """An error that no command has put into words of its own."""
    if os.environ.get(TRACE):
        traceback.print_exception(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        why = (error.strerror or type(error).__name__).lower()
        return f"Error: {where}cannot be read or written ({why}). Check the path, its rights and the space left."
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        return f"Error: {not_valid(error)}"
    frames = [(OURS.search(f.filename), f.lineno) for f in traceback.extract_tb(error.__traceback__)]
    at = next((f"{found[0]}:{line}" for found, line in reversed(frames) if found), "an unknown place")
    return (
        f"Error: something that was not foreseen ({type(error).__name__} at {at}). "
        f"Check the input; {TRACE}=1 shows where it happened."
    )


def not_valid(error: Any) -> str:
    """What is wrong with a value, by the option or field it belongs to."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]).replace("_", "-")
    what = first["msg"].removeprefix("Value error, ")
    return f"{where or 'the input'}: {what[0].lower()}{what[1:]}. Give another value."


def hush() -> None:
    """Nobody reads standard output any more: what is still to be written goes nowhere, without a complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
