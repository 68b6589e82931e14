"""The words around the recorded example, in five languages."""

from functools import cache

from knowledge.load import Record, read

LANGUAGES = ("en", "de", "es", "fr", "zh")
STEPS = ("data", "aside", "base", "plan", "job", "compared", "cost", "page")


class Rehearsal(Record):
    """The words, and what each step shows."""

    title: str
    recorded: str
    """When, where, with what; {when}, {machine}, {versions}, {seed}."""
    nothing: str
    """That nothing runs and nothing of the reader's is in it."""
    ways: dict[str, str]
    """Names of what was measured."""
    columns: tuple[str, ...]
    took: str
    cost: str
    live: str
    """The button that starts the live run."""
    live_done: str
    again: str
    """Back to the first card."""
    next: str
    command: str
    open: str
    progress: str
    """{n} of {of}."""
    minutes: str
    seconds: str
    steps: dict[str, str]
    """The name of each step."""
    says: dict[str, str]
    """What to look at in it."""


@cache
def rehearsal(language: str) -> Rehearsal:
    """The words in a language, English where we do not have it."""
    return read(f"rehearsal/{language if language in LANGUAGES else 'en'}.yaml", Rehearsal)
