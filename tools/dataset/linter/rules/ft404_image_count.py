"""FT404: too many images in one example."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """More than the backend's limit; without a backend, more than the smallest published limit is a warning."""
    count = sum(p.get("type") == "image_url" for t in example.all_turns for p in t.parts)
    if not count:
        return
    limits = context.backend.images if context.backend else None
    limit = limits.per_example if limits else None
    if limit is not None and count > limit and context.backend is not None:
        yield Found(f"the example holds {count} images; {context.backend.title} takes {limit}")
    elif context.backend is None and count > 64:
        yield Found(f"the example holds {count} images; OpenAI takes 10, Azure 64")
    elif context.backend is None and count > 10:
        yield Found(f"the example holds {count} images; OpenAI takes 10, Azure 64", severity="warning")


RULE = Rule("FT404", "error", "example", check)
