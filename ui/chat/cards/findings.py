"""A checked file: findings by severity, tokens against the limit, answers, what to label next, what was looked at."""

from collections.abc import Sequence

from agent.said import said
from agent.say import number
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
    Entries,
    Heading,
    Item,
    ItemList,
    Notice,
    Table,
    Text,
    Tone,
)
from ui.chat.words import Words, words

GROUPS: dict[Severity, tuple[Tone, int]] = {"error": ("bad", 6), "warning": ("warn", 4), "info": ("plain", 0)}
"""Severity -> tone, and how many findings are shown unfolded."""
OFFERS = ("mask", "drop-duplicates", "repair-labels")
MOST_ROWS = 40
SHOWN_NEXT = 3


def findings_card(
    report: LintReport,
    dataset_id: str,
    *,
    path: str,
    actions: list[Button],
    mapping: Entries | None = None,
    language: str = "en",
) -> Card:
    """The card of one lint report. `actions` are what can be done with the file next, `mapping` names its columns."""
    w = words(language)
    head = w(
        "findings.head",
        file=report.file,
        format=report.format.replace("_", " "),
        n=report.examples,
        seconds=w.decimal(report.stats.seconds, ".1f"),
    )
    errors, warnings = len(report.of("error")), len(report.of("warning"))
    blocks: list[Block] = [Text(text=head, muted=True), _summary(errors, warnings, w)]
    for severity in GROUPS:
        blocks += _group(severity, report.of(severity), w)
    blocks += _measured(report.stats, w)
    checked = _checked(report, w)
    if errors or warnings:
        blocks.append(Details(summary=w("findings.checked"), blocks=[checked]))
    else:
        blocks.append(checked)
    command = Code(text=f"finetune-advisor lint {path}")
    blocks.append(Details(summary=w("findings.command_line"), blocks=[command]))
    fixes = _fixes(report, dataset_id, w)
    if fixes:
        blocks.append(Heading(text=w("findings.fix")))
        blocks.append(Text(text=w("findings.fix_note"), muted=True))
        blocks.append(Buttons(items=fixes))
    if mapping:
        blocks.append(mapping)
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="findings", label=w("findings.label", file=report.file), blocks=blocks, language=language)


def fix_card(report: LintReport, made: FixReport, name: str, language: str = "en") -> Card:
    """What a repair changed: a count per rule or offer, and the first differences."""
    w = words(language)
    titles = {f.rule: f"{said(f.title, language)} ({f.rule})" for f in report.findings}
    rows = [
        [titles.get(rule) or w.get(f"findings.offers.{rule}", rule), number(n, language)]
        for rule, n in made.changes.items()
    ]
    written = w("findings.written", name=name, out=made.lines_out, of=made.lines_in)
    blocks: list[Block] = [Text(text=written), Code(text=made.path), Text(text=w("findings.undo"), muted=True)]
    if rows:
        blocks.append(
            Table(caption=w("findings.changed"), columns=[w("findings.what"), w("findings.changed_lines")], rows=rows)
        )
    if made.diff:
        diff = Item(text=w("findings.first_changes"), excerpt="\n".join(made.diff[:12]))
        blocks.append(ItemList(items=[diff]))
    return Card(name="fix", label=w("findings.repaired"), blocks=blocks, language=language)


def label_next_blocks(found: Sequence[LabelNext], w: Words) -> list[Block]:
    """What to label next: the thinnest kinds, the rest folded away."""
    if not found:
        return []
    items = [_thin(f, w) for f in found]
    blocks: list[Block] = [ItemList(title=w("findings.label_next"), items=items[:SHOWN_NEXT])]
    if items[SHOWN_NEXT:]:
        more = w("findings.label_more", n=len(items) - SHOWN_NEXT)
        blocks.append(Details(summary=more, blocks=[ItemList(items=items[SHOWN_NEXT:])]))
    return blocks


def _thin(f: LabelNext, w: Words) -> Item:
    form = "findings.thin_held_out" if f.part == "held_out" else "findings.thin"
    name = said(f.name, w.language) if f.kind == "length" else f.name
    text = w(form, more=f.more, kind=w(f"findings.kinds.{f.kind}"), name=name, n=f.examples)
    return Item(text=text, note=f"{f.why[0].upper()}{f.why[1:]}.")


def _summary(errors: int, warnings: int, w: Words) -> Notice:
    if errors:
        said = w("findings.errors", n=errors)
        text = w("findings.with_warnings", errors=said, n=warnings) if warnings else _ended(said)
        return Notice(tone="bad", text=text)
    if warnings:
        return Notice(tone="warn", text=w("findings.warnings", n=warnings))
    return Notice(tone="good", text=w("findings.none"))


def _group(severity: Severity, found: Sequence[Finding], w: Words) -> list[Block]:
    if not found:
        return []
    tone, shown = GROUPS[severity]
    items = [_item(f, tone, w) for f in found]
    blocks: list[Block] = []
    if shown:
        title = w(f"findings.group_{severity}", n=len(found))
        blocks.append(ItemList(title=title, items=items[:shown]))
    if items[shown:]:
        what = w("findings.more", n=len(items) - shown) if shown else w("findings.info", n=len(items))
        blocks.append(Details(summary=what, blocks=[ItemList(items=items[shown:])]))
    return blocks


def _item(f: Finding, tone: Tone, w: Words) -> Item:
    if f.line is None:
        where = w("findings.whole_file")
    else:
        where = w("findings.lines" if f.count > 1 else "findings.line", line=f.line, n=f.count - 1)
    if f.place:
        where += f", {f.place}"
    return Item(tag=where, tone=tone, text=_ended(f.message), source=f.rule, excerpt=f.excerpt, todo=_ended(f.remedy))


def _ended(text: str) -> str:
    return f"{text.strip().removesuffix('.')}."


def _fixes(report: LintReport, dataset_id: str, w: Words) -> list[Button]:
    """One button per kind of repair that would do something here, and one for all of them."""
    safe = any(f.fixable for f in report.findings)
    offers = [name for name in OFFERS if any(f.offer == name for f in report.findings)]
    choices: list[tuple[str, list[str]]] = [(w("findings.fix_safe"), [])] if safe else []
    for name in offers:
        what = w(f"findings.offers.{name}")
        choices.append((w("findings.fix_and", what=what) if safe else what[0].upper() + what[1:], [name]))
    if len(offers) > 1:
        choices.append((w("findings.fix_all" if safe else "findings.all"), offers))
    return [
        Button(
            label=label,
            action="fix",
            payload={"dataset": dataset_id, "offers": names},
            again=True,  # the original stays: another repair of it, or none, can be chosen afterwards
        )
        for label, names in choices
    ]


def _measured(stats: Stats, w: Words) -> list[Block]:
    blocks: list[Block] = []
    if stats.tokens and stats.tokens.histogram:
        blocks += _tokens(stats.tokens, w)
    if stats.labels:
        total = sum(entry.examples for entry in stats.labels)
        rows = [
            [
                entry.label or w("findings.empty"),
                number(entry.examples, w.language),
                f"{100 * entry.examples / total:.0f} %",
            ]
            for entry in stats.labels[:MOST_ROWS]
        ]
        caption = w("findings.frequent", n=MOST_ROWS) if len(stats.labels) > MOST_ROWS else ""
        table = Table(
            caption=caption, columns=[w("findings.answer"), w("drawn.examples"), w("findings.share")], rows=rows
        )
        blocks.append(Details(summary=w("findings.answers", n=len(stats.labels)), blocks=[table]))
    return [*blocks, *label_next_blocks(stats.label_next, w)]


def _checked(report: LintReport, w: Words) -> Table:
    rows = []
    for c in report.stats.checked:
        found = w("findings.found", n=c.findings) if c.findings else w("findings.clean")
        if not c.rules:
            found = w("findings.not_looked")
        note = f"; {said(c.note, w.language)}" if c.note else ""
        rows.append([said(c.name, w.language), f"{c.rules}", f"{found}{note}"])
    return Table(
        caption=w("findings.checked"),
        columns=[w("findings.looked_at"), w("findings.rules"), w("findings.result")],
        rows=rows,
    )


def _tokens(t: TokenStats, w: Words) -> list[Block]:
    limit = t.limit_per_example or int(threshold("dataset.max_tokens_per_example"))
    whose = "" if t.limit_per_example else " (OpenAI, Azure)"
    share = _share(t.histogram, limit)
    spoken = w("findings.tokens_said", p50=t.p50, p95=t.p95, max=t.max, total=t.total, tokenizer=t.tokenizer)
    spoken += w("findings.tokens_exact") if t.exact else w("findings.tokens_not_exact", note=said(t.note, w.language))
    longer = sum(b.examples for b in t.histogram if b.low >= limit)
    if t.max <= limit:
        spoken += w("findings.tokens_within", limit=limit, whose=whose)
    elif longer:
        spoken += w("findings.tokens_longer", n=longer, limit=limit, whose=whose)
    doubling = len({b.high - b.low for b in t.histogram}) > 1
    return [
        Bars(
            title=w("findings.tokens_title"),
            alt=spoken,
            x_label=w("findings.tokens_double" if doubling else "findings.tokens"),
            bars=[_bar(b, limit, w) for b in t.histogram],
            limit_share=1.0 if share is None else share,
            limit_label=w("findings.limit", n=limit) + (" →" if share is None else ""),
        ),
        Text(text=spoken, muted=True),
    ]


def _bar(b: HistogramBin, limit: int, w: Words) -> Bar:
    span = w("findings.to", low=b.low, high=b.high - 1)
    return Bar(label=number(b.low, w.language), range=span, value=b.examples, beyond=b.low >= limit)


def _share(bins: Sequence[HistogramBin], limit: int) -> float | None:
    """Where the limit stands on an axis of equally wide bars, 0 to 1; None when it is to the right of them."""
    for i, b in enumerate(bins):
        if b.low <= limit < b.high:
            return (i + (limit - b.low) / (b.high - b.low)) / len(bins)
    return None
