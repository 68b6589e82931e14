"""The numbers of a report: tokens, histogram, labels, and what was checked."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.dataset.label_next import label_next
from tools.dataset.linter.columns import Ascending
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import GROUPS, all_rules
from tools.dataset.records import Checked, Finding, HistogramBin, LabelCount, Power, Stats, TokenStats

if TYPE_CHECKING:
    from tools.dataset.linter.whole import Whole
    from tools.tokens.chat import ChatCounter

BINS = 12
SPREAD = 20
"""The longest value against the median from which on bins double."""
MAX_LABELS_SHOWN = 200


def statistics(whole: "Whole", context: Context, chat: "ChatCounter | None", findings: Sequence[Finding]) -> Stats:
    """What was measured."""
    survey = whole.survey
    labels = survey.label_table()
    held_out = whole.others.get("held_out")
    return Stats(
        bytes=whole.source.size,
        lines=whole.source.lines_read,
        sha256=whole.source.sha256 or None,
        tokens=_tokens(whole, context, chat) if chat and len(survey) else None,
        labels=[LabelCount(label=k, examples=n) for k, n in labels.most_common(MAX_LABELS_SHOWN)] if labels else None,
        turns=dict(survey.roles),
        systems=len(survey.systems),
        power=_power(whole),
        label_next=label_next(survey, held_out[1] if held_out else None, context.limit),
    )


def _power(whole: "Whole") -> Power | None:
    held_out = whole.others.get("held_out")
    if held_out is None or not len(held_out[1]):
        return None
    from tools.dataset.power import held_out_power

    return held_out_power(len(held_out[1]), whole.request.changed_share)


def _tokens(whole: "Whole", context: Context, chat: "ChatCounter") -> TokenStats:
    from tools.tokens.counting import percentile

    ordered = Ascending(whole.survey.tokens)
    choice = whole.work.choice
    notes = [choice.reason] if choice.reason else []
    if not chat.exact:
        notes.append("what the chat format adds is not known exactly")
    if whole.survey.with_tools:
        notes.append("tool definitions are counted by the rule published for gpt-4o")
    if whole.survey.images:
        notes.append(f"{whole.survey.images} examples hold images, which are not in these counts")
    limit = context.limit
    return TokenStats(
        total=sum(n * times for n, times in ordered.counted()),
        trained_per_epoch=sum((min(n, limit) if limit else n) * times for n, times in ordered.counted()),
        p50=percentile(ordered, 0.5) or 0,
        p95=percentile(ordered, 0.95) or 0,
        max=ordered[-1],
        tokenizer=chat.text.name,
        exact=choice.known and chat.exact and not whole.survey.images and not whole.survey.with_tools,
        note="; ".join(notes),
        limit_per_example=limit,
        histogram=histogram(ordered),
    )


def histogram(ordered: Ascending) -> list[HistogramBin]:
    """At most BINS bins over sorted values; empty for none.

    Of equal, round width; where a few values are far beyond the others, each bin is twice as wide as the one before.
    """
    if not ordered:
        return []
    if ordered[-1] > SPREAD * max(1, ordered[len(ordered) // 2]):
        return _doubling(ordered)
    width = max(1, -(-(ordered[-1] + 1) // BINS))
    magnitude = 10 ** max(0, len(str(width)) - 1)
    width = next(w for f in (1, 2, 2.5, 5, 10) if (w := int(f * magnitude)) >= width)
    counts = [0] * (ordered[-1] // width + 1)
    for n, times in ordered.counted():
        counts[n // width] += times
    return [HistogramBin(low=i * width, high=(i + 1) * width, examples=n) for i, n in enumerate(counts)]


def _doubling(ordered: Ascending) -> list[HistogramBin]:
    top = ordered[-1].bit_length()
    bottom = max(min(top - 1, ordered[0].bit_length()), top - BINS + 1)
    counts: Counter[int] = Counter()
    for n, times in ordered.counted():
        counts[max(bottom, n.bit_length())] += times
    return [
        HistogramBin(low=0 if size == bottom else 1 << (size - 1), high=1 << size, examples=counts[size])
        for size in range(bottom, top + 1)
    ]


def checked_groups(whole: "Whole", context: Context, findings: Sequence[Finding]) -> list[Checked]:
    """Every group of rules: how many ran, how many findings, and why one did not run."""
    shape = context.format.shape if context.format else None
    result = []
    for prefix, name in GROUPS.items():
        rules = [r for r in all_rules() if r.id.startswith(prefix)]
        ran = [r for r in rules if r.level in ("file", "line") or (shape is not None and shape in r.shapes)]
        if prefix == "FT9" and not whole.request.secrets:
            ran = []
        found = sum(f.rule.startswith(prefix) for f in findings)
        note = ""
        if rules and not ran:
            note = "not for this kind of file" if shape else "the examples could not be read"
            if prefix == "FT9" and not whole.request.secrets:
                note = "left out, as asked"
        if prefix == "FT8" and ran and whole.survey.deep is None:
            note = "near-duplicates and languages were not looked at; ask for them with --near-duplicates"
        elif prefix == "FT8" and ran and whole.survey.deep is not None:
            note = whole.survey.deep.note
        result.append(Checked(name=name, rules=len(ran), findings=found, note=note))
    return result
