"""What a person says about a teacher in a form: where it is, what it may cost, and which of it makes a request."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from tools.distillation import terms
from tools.endpoint import Endpoint
from tools.engine.control import endpoint as local_endpoint
from tools.errors import InputError, RefusedError
from tools.progress import Progress
from ui.chat.talk import Talk

Given = dict[str, str]
"""A form's fields as typed, by name; empty ones are left out."""
LOCAL = "local"
"""A field that no form shows: the teacher is the model of this computer."""
_asking: set[str] = set()


def given_of(payload: dict[str, Any]) -> Given:
    """What stood on the card (`kept`) and what was filled in (`given`), cleaned."""
    found: Given = {}
    for part in (payload.get("kept"), payload.get("given")):
        if isinstance(part, dict):
            found |= {str(k): str(v).strip()[:4000] for k, v in part.items()}
    if found.get("base_url"):
        found.pop(LOCAL, None)
    return {k: v for k, v in found.items() if v}


def names_addresses() -> bool:
    """Whether a person may name any address; where people sign in, the key goes only where its owner set it."""
    return os.environ.get("ADVISOR_SIGN_IN", "local") != "password"


def named(given: Given) -> bool:
    """Whether it is said which teacher is meant."""
    return bool(given.get(LOCAL) or given.get("model") or given.get("base_url"))


def teacher_of(given: Given, progress: Progress) -> Endpoint:
    """The teacher that a form names.

    Raises:
        InputError: too little is given, or a variable that should hold the key is not set.
        UnavailableError: the local engine does not start.
    """
    from ui.cli.measuring import endpoint

    if given.get(LOCAL):
        return local_endpoint(progress, given.get("model", ""))
    allowed = names_addresses()
    found: Endpoint = endpoint(
        {
            "local": False,
            "model": given.get("model"),
            "base_url": given.get("base_url") if allowed else None,
            "key_env": given.get("key_env") if allowed else None,
        }
    )
    if not found.base_url.startswith(("http://", "https://")):
        raise InputError("this is not an address", where=found.base_url, remedy="It begins with http:// or https://.")
    return found


def spending(given: Given) -> dict[str, Any]:
    """Prices and budget, as both kinds of request take them."""
    free = Decimal(0) if given.get(LOCAL) else None
    return {
        "usd_per_million_prompt_tokens": free if free is not None else money(given, "usd_in"),
        "usd_per_million_completion_tokens": free if free is not None else money(given, "usd_out"),
        "budget_usd": money(given, "budget"),
        "budget_tokens": whole(given, "budget_tokens"),
    }


def money(given: Given, name: str) -> Decimal | None:
    """A sum; None: not given.

    Raises:
        InputError: it is none.
    """
    if name not in given:
        return None
    try:
        found = Decimal(given[name].replace(",", ".").lstrip("$"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise InputError(
            f"{given[name]!r} is not a sum", where=name, remedy="Write one in US dollars, such as 3 or 0.5."
        )
    return found


def whole(given: Given, name: str, default: int | None = None) -> int | None:
    """A whole number; the default where it is not given.

    Raises:
        InputError: it is none.
    """
    if name not in given:
        return default
    try:
        return int(given[name])
    except ValueError:
        raise InputError(f"{given[name]!r} is not a whole number", where=name, remedy="Such as 200.") from None


def share(given: Given, name: str) -> float | None:
    """A share from 0 to 1; None: not given.

    Raises:
        InputError: it is none.
    """
    if name not in given:
        return None
    try:
        found = float(given[name].replace(",", "."))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise InputError(f"{given[name]!r} is not a share", where=name, remedy="Write one from 0 to 1, such as 0.8.")
    return found


def agree(endpoints: list[Endpoint], person: str, given: Given) -> None:
    """Put into the ledger that a person accepts the terms of each, unless that stands there.

    Raises:
        InputError: the terms are not known here and it is not said which were read.
    """
    for endpoint in endpoints:
        if given.get("terms") or terms.accepted(endpoint, person) is None:
            terms.accept(endpoint, person, terms=given.get("terms"))


@contextmanager
def alone(talk: Talk, what: str) -> Iterator[None]:
    """One collection of a kind at a time in a conversation: two would pay for the same answers.

    Raises:
        RefusedError: one is under way.
    """
    key = f"{talk.thread_id} {what}"
    if key in _asking:
        raise RefusedError(f"{what} is under way in this conversation", remedy="Wait for it, or stop it.")
    _asking.add(key)
    try:
        yield
    finally:
        _asking.discard(key)


def options(given: Given, *names: str) -> str:
    """The fields as options of the command, in the order of their names."""
    said = ["--local"] if given.get(LOCAL) else []
    said += [f"--{name.replace('_', '-')} {shlex.quote(given[name])}" for name in names if name in given]
    return " ".join(said)
