"""The sources that rules, cards, pages and figures cite, by short key. One YAML file a field."""

from datetime import date
from typing import Literal

from knowledge.load import Record, merged


class Source(Record):
    """Something that can be cited."""

    title: str
    url: str | None = None
    """None only for a document without a public address."""
    kind: Literal["provider", "paper", "documentation", "secondary", "session", "ours"]
    published: date | None = None
    checked_on: date
    """When somebody of ours last read it (a stored copy counts; the note says so)."""
    note: str = ""


def sources() -> dict[str, Source]:
    """All sources by key."""
    return merged("sources", Source)


def source(key: str) -> Source:
    """One source. KeyError when there is none."""
    return sources()[key]
