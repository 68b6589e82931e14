"""A checked file: findings by severity, tokens against the limit, answers, what to label next, what was looked at."""

from collections.abc import Sequence

from knowledge.thresholds import threshold
from tools.dataset.records import Finding, FixReport, HistogramBin, LabelNext, LintReport, Severity, Stats, TokenStats
from ui.chat.cards.blocks import (
    Bar,
    Bars,
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Details,
    Heading,
    Item,
    ItemList,
    Notice,
    Table,
    Text,
    Tone,
)

GROUPS: dict[Severity, tuple[str, Tone, int]] = {
    "error": ("stop a job, or make training wrong", "bad", 6),
    "warning": ("will hurt", "warn", 4),
    "info": ("good to know", "plain", 0),
}
"""Severity -> words, tone, and how many findings are shown unfolded."""
OFFERS = {
    "mask": "mask keys and personal data",
    "drop-duplicates": "drop word-for-word repeats",
    "repair-labels": "write each answer in one spelling",
}
MOST_ROWS = 40
SHOWN_NEXT = 3


def findings_card(report: LintReport, dataset_id: str, *, path: str, actions: list[Button]) -> Card:
    """The card of one lint report. `actions` are what can be done with the file next."""
    head = (
        f"{report.file} · {report.format.replace('_', ' ')} · {report.examples:,} examples · "
        f"checked in {report.stats.seconds:.1f} s"
    )
    errors, warnings = len(report.of("error")), len(report.of("warning"))
    blocks: list[Block] = [Text(text=head, muted=True), _summary(errors, warnings)]
    for severity in GROUPS:
        blocks += _group(severity, report.of(severity))
    blocks += _measured(report.stats)
    checked = _checked(report)
    if errors or warnings:
        blocks.append(Details(summary="What was checked", blocks=[checked]))
    else:
        blocks.append(checked)
    blocks.append(Details(summary="The same on the command line", blocks=[Code(text=f"finetune-advisor lint {path}")]))
    fixes = _fixes(report, dataset_id)
    if fixes:
        blocks.append(Heading(text="Fix for me"))
        blocks.append(Text(text="Each writes a new file and shows what changed. The original stays.", muted=True))
        blocks.append(Buttons(items=fixes))
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="findings", label=f"Check of {report.file}", blocks=blocks)


def fix_card(report: LintReport, made: FixReport, name: str) -> Card:
    """What a repair changed: a count per rule or offer, and the first differences."""
    titles = {f.rule: f"{f.rule} {f.title}" for f in report.findings}
    rows = [[titles.get(rule, OFFERS.get(rule, rule)), f"{n:,}"] for rule, n in made.changes.items()]
    kept = f"{made.lines_out:,} of {made.lines_in:,} lines"
    blocks: list[Block] = [Text(text=f"{name} was written: {kept}. The original stays as it was.")]
    if rows:
        blocks.append(Table(caption="Changed lines", columns=["what", "lines"], rows=rows))
    if made.diff:
        diff = Item(text="The first changes (before −, after +):", excerpt="\n".join(made.diff[:12]))
        blocks.append(ItemList(items=[diff]))
    return Card(name="fix", label="Repaired copy", blocks=blocks)


def label_next_blocks(found: Sequence[LabelNext]) -> list[Block]:
    """What to label next: the thinnest kinds, the rest folded away."""
    if not found:
        return []
    items = [_thin(f) for f in found]
    blocks: list[Block] = [ItemList(title="What to label next", items=items[:SHOWN_NEXT])]
    if items[SHOWN_NEXT:]:
        more = f"{len(items) - SHOWN_NEXT} more to label"
        blocks.append(Details(summary=more, blocks=[ItemList(items=items[SHOWN_NEXT:])]))
    return blocks


def _thin(f: LabelNext) -> Item:
    where = " in the held-out set" if f.part == "held_out" else ""
    text = f"{f.more:,} more with the {f.kind} “{f.name}” ({f.examples:,} now{where})."
    return Item(text=text, note=f"{f.why[0].upper()}{f.why[1:]}.")


def _summary(errors: int, warnings: int) -> Notice:
    if errors:
        said = f"{_count(errors, 'kind')} of error would stop a job"
        return Notice(tone="bad", text=f"{said}; {_count(warnings, 'warning')}." if warnings else f"{said}.")
    if warnings:
        return Notice(tone="warn", text=f"No errors. {_count(warnings, 'warning')} that will hurt the result.")
    return Notice(tone="good", text="No errors and no warnings in what was checked.")


def _count(n: int, word: str) -> str:
    return f"{n} {word}" + ("" if n == 1 else "s")


def _group(severity: Severity, found: Sequence[Finding]) -> list[Block]:
    if not found:
        return []
    words, tone, shown = GROUPS[severity]
    name = "good to know" if severity == "info" else f"{_count(len(found), severity)}: {words}"
    items = [_item(f, tone) for f in found]
    blocks: list[Block] = [ItemList(title=name.capitalize(), items=items[:shown])] if shown else []
    if items[shown:]:
        what = f"{len(items) - shown} more" if shown else f"{len(items)} good to know"
        blocks.append(Details(summary=what, blocks=[ItemList(items=items[shown:])]))
    return blocks


def _item(f: Finding, tone: Tone) -> Item:
    where = (
        "whole file" if f.line is None else f"line {f.line:,}" + (f" and {f.count - 1:,} more" if f.count > 1 else "")
    )
    if f.place:
        where += f", {f.place}"
    return Item(tag=where, tone=tone, text=_ended(f.message), source=f.rule, excerpt=f.excerpt, todo=_ended(f.remedy))


def _ended(text: str) -> str:
    return f"{text.strip().removesuffix('.')}."


def _fixes(report: LintReport, dataset_id: str) -> list[Button]:
    """One button per kind of repair that would do something here, and one for all of them."""
    safe = any(f.fixable for f in report.findings)
    offers = [name for name in OFFERS if any(f.offer == name for f in report.findings)]
    choices: list[tuple[str, list[str]]] = [("Fix what is safe", [])] if safe else []
    for name in offers:
        words = OFFERS[name]
        choices.append((f"Fix and {words}" if safe else words[0].upper() + words[1:], [name]))
    if len(offers) > 1:
        choices.append(("Fix all of these" if safe else "All of these", offers))
    return [
        Button(label=label, action="fix", payload={"dataset": dataset_id, "offers": names}, done_label=f"{label}: done")
        for label, names in choices
    ]


def _measured(stats: Stats) -> list[Block]:
    blocks: list[Block] = []
    if stats.tokens and stats.tokens.histogram:
        blocks += _tokens(stats.tokens)
    if stats.labels:
        total = sum(entry.examples for entry in stats.labels)
        rows = [
            [entry.label or "(empty)", f"{entry.examples:,}", f"{100 * entry.examples / total:.0f} %"]
            for entry in stats.labels[:MOST_ROWS]
        ]
        caption = f"the {MOST_ROWS} most frequent" if len(stats.labels) > MOST_ROWS else ""
        table = Table(caption=caption, columns=["answer", "examples", "share"], rows=rows)
        blocks.append(Details(summary=f"{len(stats.labels)} different answers", blocks=[table]))
    return [*blocks, *label_next_blocks(stats.label_next)]


def _checked(report: LintReport) -> Table:
    rows = []
    for c in report.stats.checked:
        found = "clean" if c.rules and not c.findings else f"{c.findings:,} found" if c.rules else "not looked at"
        rows.append([c.name, f"{c.rules}", f"{found}; {c.note}" if c.note else found])
    return Table(caption="What was checked", columns=["looked at", "rules", "result"], rows=rows)


def _tokens(t: TokenStats) -> list[Block]:
    limit = t.limit_per_example or int(threshold("dataset.max_tokens_per_example"))
    whose = "" if t.limit_per_example else " (OpenAI, Azure)"
    share = _share(t.histogram, limit)
    words = (
        f"Half of the examples have at most {t.p50:,} tokens (p50), 95 % at most {t.p95:,} (p95), "
        f"the longest {t.max:,}; {t.total:,} in all, counted with {t.tokenizer}"
    )
    words += "." if t.exact else f" (not exact: {t.note})."
    longer = sum(b.examples for b in t.histogram if b.low >= limit)
    if t.max <= limit:
        words += f" All are within the limit of {limit:,}{whose}."
    elif longer:
        words += f" At least {longer:,} are longer than the limit of {limit:,}{whose}."
    doubling = len({b.high - b.low for b in t.histogram}) > 1
    return [
        Bars(
            title="Tokens per example",
            alt=words,
            x_label="tokens, each step doubles" if doubling else "tokens",
            bars=[_bar(b, limit) for b in t.histogram],
            limit_share=1.0 if share is None else share,
            limit_label=f"limit {limit:,}" + (" →" if share is None else ""),
        ),
        Text(text=words, muted=True),
    ]


def _bar(b: HistogramBin, limit: int) -> Bar:
    return Bar(label=f"{b.low:,}", range=f"{b.low:,} to {b.high - 1:,}", value=b.examples, beyond=b.low >= limit)


def _share(bins: Sequence[HistogramBin], limit: int) -> float | None:
    """Where the limit stands on an axis of equally wide bars, 0 to 1; None when it is to the right of them."""
    for i, b in enumerate(bins):
        if b.low <= limit < b.high:
            return (i + (limit - b.low) / (b.high - b.low)) / len(bins)
    return None
