"""Answers that tell two things at once, so that the second need not be asked."""

from collections.abc import Mapping, Set
from typing import Any

from agent.answers import askable
from agent.conclude import conclude
from knowledge.rules import questions


def told_with(fact: str, value: Any, values: Mapping[str, Any], declined: Set[str]) -> tuple[str, ...]:
    """The other facts that an answer tells too: open ones that matter and make sense once this is the answer.

    Args:
        fact: what is asked for.
        value: the answer to it.
        values: what is known besides.
        declined: facts that cannot be said.
    """
    others = dict.fromkeys(
        f for j in questions()[fact].together if j.tells[fact] == value for f in j.tells if f != fact
    )
    if not others:
        return ()
    then = conclude({**values, fact: value}, declined)
    fresh = all(f not in values and f not in declined for f in others)
    return tuple(others) if fresh and all(f in then.reads and askable(f, then.situation) for f in others) else ()
