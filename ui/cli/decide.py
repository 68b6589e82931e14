"""`decide FACTS.json`: facts in, recommendation out. Same facts, same answer; no model and no network."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from agent.decide import decide as decide_now
from agent.facts import FACT_NAMES, Facts, parse_facts
from tools.errors import InputError
from ui.cli.decide_text import as_text
from ui.cli.output import emit_json, json_option


@click.command()
@click.argument("facts_file", metavar="FACTS.json")
@json_option
def decide(facts_file: str, as_json: bool) -> None:
    """Facts in, recommendation out.

    FACTS.json holds one JSON object, fact by name; `-` reads standard input. A fact left out, or null, is unknown.
    "declined" may list facts that were asked for and cannot be said. docs/facts.md lists the facts.
    """
    facts, declined = read_facts(facts_file)
    result = decide_now(facts, declined)
    if as_json:
        emit_json(result)
    else:
        click.echo(as_text(result))


def read_facts(path: str) -> tuple[Facts, frozenset[str]]:
    """Facts and refusals from a JSON file, or from standard input for `-`.

    Raises:
        InputError: not readable, not JSON, no object, an unknown fact or a value a fact cannot have.
    """
    where = "standard input" if path == "-" else path
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as e:
        raise InputError(
            f"cannot read the facts ({e.strerror})", where=where, remedy="Name a JSON file, or - for standard input."
        ) from None
    try:
        data: Any = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as e:
        place = f"{where}, line {e.lineno}, column {e.colno}"
        raise InputError(
            f"not JSON ({e.msg})", where=place, remedy='Write one object, for example {"gaps": ["format"]}.'
        ) from None
    except (UnicodeDecodeError, ValueError, RecursionError) as e:
        what = "not UTF-8 text" if isinstance(e, UnicodeDecodeError) else f"not usable JSON ({e})"
        raise InputError(what, where=where, remedy='Write one object, for example {"gaps": ["format"]}.') from None
    if not isinstance(data, dict):
        raise InputError("the facts are not a JSON object", where=where, remedy='Write {"fact": value, ...}.')
    declined = data.pop("declined", None) or []
    if not isinstance(declined, list) or not all(isinstance(name, str) and name in FACT_NAMES for name in declined):
        raise InputError("declined must be a list of fact names", where=where, remedy="docs/facts.md lists the facts.")
    return parse_facts(data, where=where), frozenset(declined)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A fact given twice is a slip that must not be settled by whichever came last."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"{key!r} stands twice")
        result[key] = value
    return result
