"""The two-minute tour: eight questions, in five languages."""

from functools import cache

from knowledge.load import Record, read

LANGUAGES = ("en", "de", "es", "fr", "zh")


class Step(Record):
    """One question."""

    question: str
    answer: str
    analogy: str
    short: str
    """For the picture."""
    page: str
    """Id of the page that says more."""


class Tour(Record):
    """The words around the steps, and the steps."""

    title: str
    progress: str
    next: str
    back: str
    stop: str
    more: str
    recap: str
    ready: str
    picture: str
    """What the picture is called."""
    steps: tuple[Step, ...]


@cache
def tour(language: str) -> Tour:
    """The tour in a language, English where we do not have it."""
    return read(f"tour/{language if language in LANGUAGES else 'en'}.yaml", Tour)
