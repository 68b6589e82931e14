"""Whether a page still holds: each thing it rests on, looked at again today."""

import hashlib
from collections.abc import Set
from datetime import date

from knowledge.prices import providers
from tools.report.forms import Forms
from tools.report.record import DecisionRecord


def price_digest(provider: str) -> str:
    """Names the catalogue's entry of a provider as it stands; "" when there is none."""
    found = providers().get(provider)
    return hashlib.sha256(found.model_dump_json().encode()).hexdigest()[:16] if found else ""


def broken(record: DecisionRecord, *, today: date, data: Set[str]) -> tuple[str, ...]:
    """Why the page no longer holds, in the page's language; empty while it does.

    Args:
        record: the page.
        today: the day to judge on.
        data: digests of the case's held-out files as they are now.
    """
    f = Forms(record.language)
    found = []
    for c in record.conditions:
        gone = {
            "review": str(today) > c.value,
            "base": str(today) >= c.value,
            "prices": price_digest(c.what) != c.value,
            "data": c.value not in data,
        }[c.kind]
        if gone:
            day = f.day(date.fromisoformat(c.value)) if c.kind in ("review", "base") else c.value
            found.append(f.words["broken"][c.kind].format(what=c.what, value=day))
    return tuple(found)
