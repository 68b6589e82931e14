"""FT704: a file larger than the backend takes."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Above the backend's limit; without a backend, above OpenAI's and Azure's is a warning."""
    if context.backend is not None:
        most = context.backend.max_file_bytes
        if most is not None and whole.source.size > most:
            yield Found(
                f"the file has {whole.source.size / 1e6:,.0f} MB; {context.backend.title} takes {most / 1e6:,.0f} MB"
            )
    elif whole.source.size > 512_000_000:
        yield Found(f"the file has {whole.source.size / 1e6:,.0f} MB; OpenAI and Azure take 512 MB", severity="warning")


RULE = Rule("FT704", "error", "file", check)
