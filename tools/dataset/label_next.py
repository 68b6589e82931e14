"""Which rows to label next: answers, lengths and system prompts of which there are too few to learn or to measure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tools.dataset.linter.context import threshold
from tools.dataset.records import LabelNext

if TYPE_CHECKING:
    from tools.dataset.linter.survey import Survey

MOST = 40
"""Entries at most; those that lack most stand first."""
SHARE = 0.05
"""A length is thin when fewer than one example in twenty has it."""
MOST_PROMPTS = 20
"""With more different system prompts they are no slices but data."""
STRAY, STRAY_SHARE = 3, 0.002
"""A system prompt that fewer examples have (or a smaller share) is a slip, not a slice."""
NAME_CHARS = 60


def label_next(survey: "Survey", held_out: "Survey | None" = None, limit: int | None = None) -> list[LabelNext]:
    """What is thin in a set, how many more of it are wanted, and why.

    Args:
        survey: the training set (or the whole set, before it is divided).
        held_out: the held-out set, where it is known.
        limit: tokens of an example beyond which the provider cuts; longer examples are not asked for.
    """
    found = [*_answers(survey), *_lengths(survey, limit), *_prompts(survey)]
    if held_out is not None:
        found += _unmeasured(survey, held_out)
    return sorted(found, key=lambda f: -f.more)[:MOST]


def _answers(survey: "Survey") -> Iterator[LabelNext]:
    table = _merged(survey.label_table() or {})
    if len(table) < 2:
        return
    least, ratio = int(threshold("slice_min")), threshold("imbalance_ratio")
    most = max(table.values())
    rare = -int(-most // ratio)
    for name, n in table.items():
        wanted = max(least, rare)
        if n >= wanted:
            continue
        why = f"with fewer than {least} examples an answer is hardly learnt, and a fifth of them cannot measure it"
        if rare > least:
            why = f"the most frequent answer has {most:,}, {most / n:,.0f} times as many; a rare answer is guessed away"
        yield LabelNext(kind="answer", name=name[:NAME_CHARS], examples=n, more=wanted - n, why=why)


def _merged(table: "Iterable[str] | Counter[str]") -> Counter[str]:
    """Spelling variants of one label count together, under the most frequent spelling."""
    if not isinstance(table, Counter):
        return Counter()
    names: dict[str, str] = {}
    merged: Counter[str] = Counter()
    for name, n in table.most_common():
        if not name.strip():
            continue  # an empty answer is a fault, not a kind
        key = "".join(c for c in name.casefold() if c.isalnum()) or name
        merged[names.setdefault(key, name)] += n
    return merged


def _lengths(survey: "Survey", limit: int | None) -> Iterator[LabelNext]:
    """Runs of thin lengths between doubling bounds, up to the limit; nothing when tokens were not counted."""
    least = int(threshold("slice_min"))
    most = limit or int(threshold("max_tokens_per_example"))
    counts: Counter[int] = Counter()
    for n, times in Counter(survey.tokens).items():  # few of them are distinct
        if 0 < n <= most:
            counts[(n - 1).bit_length()] += times
    total = sum(counts.values())
    if total < 2 * least:
        return
    first, last = min(counts), max(counts)
    run: list[int] = []
    for size in range(first, last + 2):
        thin = size <= last and counts[size] < least and counts[size] < SHARE * total
        if thin:
            run.append(size)
        elif run:
            n = sum(counts[s] for s in run)
            if n < least:
                yield _length(run, n, least, first, last)
            run = []


def _length(run: list[int], n: int, least: int, first: int, last: int) -> LabelNext:
    low, high = (1 << run[0]) // 2 + 1, 1 << run[-1]
    name = f"{low:,} to {high:,} tokens"
    if run[-1] == last:
        name = f"over {low - 1:,} tokens"
    elif run[0] == first:
        name = f"up to {high:,} tokens"
    why = "if such lengths come up in use, the model has hardly seen them; leave it if they do not"
    return LabelNext(kind="length", name=name, examples=n, more=least - n, why=why)


def _prompts(survey: "Survey") -> Iterator[LabelNext]:
    if not 2 <= len(survey.systems) <= MOST_PROMPTS:
        return
    least = int(threshold("slice_min"))
    stray = max(STRAY, len(survey) * STRAY_SHARE)
    for text, n in survey.systems.items():
        if stray <= n < least:
            name = " ".join(text.split())
            name = name[:NAME_CHARS] + ("…" if len(name) > NAME_CHARS else "")
            why = "what is served with this prompt is hardly learnt; or give these examples the usual prompt"
            yield LabelNext(kind="system prompt", name=name, examples=n, more=least - n, why=why)


def _unmeasured(survey: "Survey", held_out: "Survey") -> Iterator[LabelNext]:
    """Answers that are trained on and that the held-out set cannot say anything about."""
    ours, theirs = survey.label_table(), held_out.labels
    if not ours or theirs is None:
        return
    least = int(threshold("split_part_min"))
    seen = _merged(theirs)
    keys = {"".join(c for c in k.casefold() if c.isalnum()) or k: n for k, n in seen.items()}
    for name in _merged(ours):
        n = keys.get("".join(c for c in name.casefold() if c.isalnum()) or name, 0)
        if n < least:
            why = f"the held-out set cannot say how well this answer is given with fewer than {least} rows of it"
            yield LabelNext(kind="answer", part="held_out", name=name[:NAME_CHARS], examples=n, more=least - n, why=why)
