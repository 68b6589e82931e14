"""What is known of teachers' terms of use: knowledge/teachers.yaml as frozen records."""

from functools import cache
from typing import Literal
from urllib.parse import urlsplit

from knowledge.load import Record, read


class TeacherTerms(Record):
    """Terms or licence of one maker's models, as far as they concern learning from answers."""

    title: str
    hosts: tuple[str, ...]
    models: tuple[str, ...]
    says: str
    restricts: Literal["no", "naming", "competing", "unclear"]
    source: str
    """A key of knowledge/sources/."""


@cache
def teachers() -> dict[str, TeacherTerms]:
    """All that is known, by short name."""
    return read("teachers.yaml", dict[str, TeacherTerms])


def terms_for(base_url: str, model: str) -> tuple[str, TeacherTerms] | None:
    """The entry for an address and a model; None when nothing is known. The model's maker goes before its host."""
    host = (urlsplit(base_url).hostname or "").lower()
    name = model.lower().removeprefix("ft:").rsplit("/", 1)[-1]
    for key, entry in teachers().items():
        if any(name.startswith(m) for m in entry.models):
            return key, entry
    for key, entry in teachers().items():
        if any(host == h or host.endswith("." + h) for h in entry.hosts):
            return key, entry
    return None
