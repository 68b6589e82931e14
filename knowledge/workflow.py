"""The way from a motivation to a model that is watched in use, step by step."""

from functools import cache

from knowledge.load import Record, read


class Step(Record):
    """One step of the work."""

    title: str
    what: tuple[str, ...]
    """What to do, in order."""
    why: str
    done_when: str
    """How to see that it is done."""
    happy: str | None
    """Id of the step that follows when it went well; None at the end."""
    unhappy: str | None
    """Id of the step to go to when it did not; None where there is nothing to go back to."""
    unhappy_when: str = ""
    """What "did not go well" means here."""
    page: str
    """Id of the page to read about it."""
    sources: tuple[str, ...]


@cache
def workflow() -> dict[str, Step]:
    """All steps by id, in order."""
    return read("workflow.yaml", dict[str, Step])
