"""A checked file: findings by severity, tokens against the limit, labels, what was looked at, what to do."""

from tools.dataset.records import Finding, LintReport, TokenStats
from ui.chat.cards.blocks import (
    Bar,
    Bars,
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Details,
    Item,
    ItemList,
    Notice,
    Table,
    Text,
    Tone,
)

WORDS = {"error": "stops the job", "warning": "will hurt", "info": "good to know"}
TONES: dict[str, Tone] = {"error": "bad", "warning": "warn", "info": "plain"}
FIRST = 5


def findings_card(report: LintReport, dataset_id: str, *, path: str, actions: list[Button]) -> Card:
    """The card of one lint report. `actions` are what can be done with the file next."""
    errors, warnings = report.of("error"), report.of("warning")
    head = (
        f"{report.file} · {report.format.replace('_', ' ')} · {report.examples:,} examples · "
        f"checked in {report.stats.seconds:.1f} s"
    )
    blocks: list[Block] = [Text(text=head, muted=True), _summary(len(errors), len(warnings))]
    shown = [*errors, *warnings]
    if shown:
        blocks.append(ItemList(items=[_item(f) for f in shown[:FIRST]]))
    rest = [*shown[FIRST:], *report.of("info")]
    if rest:
        blocks.append(Details(summary=f"{len(rest)} more", blocks=[ItemList(items=[_item(f) for f in rest])]))
    if report.stats.tokens and report.stats.tokens.histogram:
        blocks += _tokens(report.stats.tokens)
    if report.stats.labels:
        rows = [[entry.label, f"{entry.examples:,}"] for entry in report.stats.labels]
        blocks.append(
            Details(
                summary=f"{len(rows)} different answers", blocks=[Table(columns=["answer", "examples"], rows=rows[:40])]
            )
        )
    checked = [
        Item(text=f"{c.name}: {c.rules} rules, {c.findings} findings", note=c.note) for c in report.stats.checked
    ]
    blocks.append(Details(summary="What was checked", blocks=[ItemList(items=checked)]))
    blocks.append(Details(summary="The same on the command line", blocks=[Code(text=f"finetune-advisor lint {path}")]))
    buttons = list(actions)
    if any(f.fixable for f in report.findings):
        fix = Button(
            label="Fix what is safe (writes a new file)",
            action="fix",
            payload={"dataset": dataset_id},
            done_label="Fixed",
        )
        buttons.insert(0, fix)
    if buttons:
        blocks.append(Buttons(items=buttons))
    return Card(name="findings", label=f"Check of {report.file}", blocks=blocks)


def _summary(errors: int, warnings: int) -> Notice:
    if errors:
        return Notice(
            tone="bad", text=f"{_count(errors, 'kind')} of error would stop a job; {_count(warnings, 'warning')}."
        )
    if warnings:
        return Notice(tone="warn", text=f"No errors. {_count(warnings, 'warning')} that will hurt the result.")
    return Notice(tone="good", text="No errors and no warnings in what was checked.")


def _count(n: int, word: str) -> str:
    return f"{n} {word}" + ("" if n == 1 else "s")


def _item(f: Finding) -> Item:
    if f.line is None:
        where = "whole file"
    else:
        where = f"line {f.line:,}" + (f" and {f.count - 1:,} more" if f.count > 1 else "")
    return Item(
        tag=WORDS[f.severity],
        tone=TONES[f.severity],
        text=f"{where}: {f.message} {f.remedy}",
        source=f.rule,
        excerpt=f.excerpt,
    )


def _tokens(t: TokenStats) -> list[Block]:
    words = f"p50 {t.p50:,} · p95 {t.p95:,} · longest {t.max:,} · {t.total:,} in all · {t.tokenizer}"
    words += "" if t.exact else f" · not exact: {t.note}"
    high = max(t.histogram[-1].high, 1)
    limit = t.limit_per_example
    share = limit / high if limit and limit <= high else None
    if limit and share is None:
        words += f" · the limit of {limit:,} is far to the right"
    bars = [Bar(label=f"{b.low:,}", value=b.examples, beyond=bool(limit and b.low >= limit)) for b in t.histogram]
    return [
        Bars(
            title="Tokens per example",
            alt=words,
            x_label="tokens",
            bars=bars,
            limit_share=share,
            limit_label=f"limit {limit:,}" if limit else "",
        ),
        Text(text=words, muted=True),
    ]
