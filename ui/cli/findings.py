"""Reports on data for people: errors first, each with its lines, an excerpt and what to do; then what was checked.

Aligned and readable at 80 columns; coloured only on a terminal, and not where NO_COLOR is set.
"""

import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from tools.dataset.linter.collect import MAX_LINES
from tools.dataset.records import BackendVerdict, Finding, LintReport, Power, Severity, SplitReport, Stats

COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
HEADS: dict[Severity, str] = {
    "error": "stop a provider, or make training wrong",
    "warning": "will hurt",
    "info": "good to know",
}
VERDICTS = {"as_is": "as it is", "after_fix": "after a repair", "no": "no"}
SHOWN_LINES = 8
SHOWN_NEXT = 6
WIDTHS = (60, 120)
PLAIN = 80


def examples(n: int) -> str:
    """Such as "12 examples"."""
    return f"{n:,} example{'' if n == 1 else 's'}"


def show(report: LintReport, path: Path) -> None:
    """Write the lint report of the file at `path` to standard output."""
    technique = f", for {report.technique}" if report.technique else ""
    say(
        f"{path}: {report.format}{technique}, {examples(report.examples)} ({report.stats.seconds:.1f} s)",
        bold=True,
    )
    if report.format_reason:
        say(f"because {report.format_reason}", indent=2)
    for severity, words in HEADS.items():
        found = [f for f in report.findings if f.severity == severity]
        if found:
            plural = "" if len(found) == 1 or severity == "info" else "s"
            say(f"\n{len(found)} {severity}{plural}: {words}", fg=COLOURS[severity], bold=True)
        for finding in found:
            _finding(finding, report.file)
    say("")
    _measured(report.stats)
    if report.backends:
        _backends(report.backends)
    _checked(report)
    if report.fix is not None:
        say(f"\nwrote {report.fix.path}: {report.fix.lines_in:,} lines in, {report.fix.lines_out:,} out", bold=True)
        _rows([(rule, f"{n:,}") for rule, n in sorted(report.fix.changes.items())] or [("nothing", "0")], "changed")
        for line in report.fix.diff:
            say(line, fg="red" if line.startswith("-") else "green", indent=2, wrap=False)
    kinds = Counter(f.severity for f in report.findings)
    counts = ", ".join(f"{severity} {kinds[severity]}" for severity in HEADS if kinds[severity])
    if report.known:
        say(f"\nbaseline: {report.known:,} known place{'' if report.known == 1 else 's'} left out")
    verdict = "no errors" if report.ok else "errors: not ready to train on"
    say(f"\n{verdict}{f' ({counts})' if counts else ''}", fg="green" if report.ok else "red", bold=True)


def show_split(report: SplitReport) -> None:
    """Write what a split made to standard output."""
    total = sum(p.examples for p in report.parts) or 1
    for part in report.parts:
        share = f"{100 * part.examples / total:.0f} %"
        click.echo(f"{part.name:<11}{part.examples:>8,} {share:>5}  {part.path}  sha256 {part.sha256[:12]}")
    say(f"seed {report.seed}; stratified by {report.stratified_by}; {report.groups:,} groups kept whole")
    if report.power is not None:
        _power(report.power)
        say("The held-out set is recorded: use of its rows in training, few-shot prompts or retrieval is refused.")
    for note in report.notes:
        say(f"note: {note}", hang=6)


def say(
    text: str, *, indent: int = 0, hang: int = 0, wrap: bool = True, fg: str | None = None, bold: bool = False
) -> None:
    """One paragraph, wrapped to the terminal; to 80 columns where there is none."""
    width = min(WIDTHS[1], max(WIDTHS[0], shutil.get_terminal_size((PLAIN, 24)).columns))
    if not wrap:
        text = text if len(text) + indent <= width else text[: width - indent - 1] + "…"
    lead = len(text) - len(text.lstrip("\n"))
    wrapped = textwrap.fill(
        text[lead:],
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
    )
    click.secho("\n" * lead + wrapped, fg=fg, bold=bold, color=False if "NO_COLOR" in os.environ else None)


def _finding(finding: Finding, file: str) -> None:
    where = f" {finding.file}" if finding.file != file else ""
    say(f"{finding.rule}{where} {_lines(finding)}: {finding.message}.", hang=6)
    if finding.excerpt:
        place = f"{finding.place}: " if finding.place else ""
        say(f"| {place}{finding.excerpt}", indent=6, wrap=False)
    fix = " (--fix repairs it)" if finding.fixable else ""
    offer = f" (--fix with --offer {finding.offer})" if finding.offer else ""
    say(f"-> {finding.remedy}{fix}{offer}", indent=6, hang=3)


def _lines(finding: Finding) -> str:
    if finding.line is None:
        return "(whole file)"
    if len(finding.lines) <= 1:
        return f"line {finding.line:,}"
    shown = ", ".join(f"{n:,}" for n in finding.lines[:SHOWN_LINES])
    listed = len(finding.lines)
    more = (finding.count if listed >= MAX_LINES else listed) - SHOWN_LINES  # the list is bounded, the count is not
    return f"lines {shown}" + (f" and {more:,} more" if more > 0 else "")


def _measured(stats: Stats) -> None:
    tokens = stats.tokens
    if tokens is not None:
        exact = "" if tokens.exact else ", not exact"
        limit = f", limit {tokens.limit_per_example:,}" if tokens.limit_per_example else ""
        say(
            f"tokens   {tokens.total:,} ({tokens.tokenizer}{exact}); per example p50 {tokens.p50:,}, "
            f"p95 {tokens.p95:,}, longest {tokens.max:,}{limit}",
            hang=9,
        )
        if tokens.note:
            say(tokens.note, indent=9)
    if stats.labels:
        top = ", ".join(f"{label.label} {label.examples:,}" for label in stats.labels[:8])
        say(f"answers  {len(stats.labels)} ({top}{', …' if len(stats.labels) > 8 else ''})", hang=9)
    if stats.power is not None:
        _power(stats.power)
    if stats.label_next:
        say("label next", bold=True)
        for thin in stats.label_next[:SHOWN_NEXT]:
            part = " in the held-out set" if thin.part == "held_out" else ""
            say(f"{thin.kind} “{thin.name}”{part}: {thin.examples:,}, {thin.more:,} more wanted", indent=2, hang=2)
            say(thin.why, indent=4)
        if len(stats.label_next) > SHOWN_NEXT:
            say(f"and {len(stats.label_next) - SHOWN_NEXT} more kinds, in --json under stats.label_next", indent=2)


def _power(power: Power) -> None:
    from tools.dataset.power import assumption, words

    say(words(power), bold=True)
    say(f"{assumption(power)} --changed-share sets another share.", indent=2)


def _backends(backends: Sequence[BackendVerdict]) -> None:
    say("backends", bold=True)
    shared = [r for r in backends[0].reasons if all(r in b.reasons for b in backends)]
    for reason in shared:
        say(f"all: {reason}", indent=2, hang=5)
    width = max(len(b.title) for b in backends)
    for backend in backends:
        own = "; ".join(r for r in backend.reasons if r not in shared)
        verdict = VERDICTS[backend.verdict]
        say(f"{backend.title:<{width}}  {verdict}{f': {own}' if own else ''}", indent=2, hang=width + 2)
        if bases := _bases(backend):
            say(bases, indent=width + 4)


def _bases(backend: BackendVerdict) -> str:
    """Which bases there take the file, and why the others do not, in one line; empty when none is known."""
    words = []
    if backend.models:
        some = ", ".join(backend.models[:2]) + (", …" if len(backend.models) > 2 else "")
        words.append(f"{len(backend.models)} {'base' if len(backend.models) == 1 else 'bases'} ({some})")
    for why in dict.fromkeys(backend.other_models.values()):
        names = [n for n, w in backend.other_models.items() if w == why]
        words.append(f"not {', '.join(names[:2])}{f' and {len(names) - 2} more' if len(names) > 2 else ''}: {why}")
    return "; ".join(words)


def _checked(report: LintReport) -> None:
    say("checked", bold=True)
    rows = []
    for group in report.stats.checked:
        found = "not looked at" if not group.rules else f"{group.findings} found" if group.findings else "clean"
        rows.append((group.name, found, group.note))
    _rows(rows)


def _rows(rows: Sequence[tuple[str, ...]], title: str = "") -> None:
    if title:
        say(title, indent=2)
    first = max((len(r[0]) for r in rows), default=0)
    second = max((len(r[1]) for r in rows), default=0)
    for row in rows:
        rest = f"  {row[2]}" if len(row) > 2 and row[2] else ""
        say(f"{row[0]:<{first}}  {row[1]:<{second}}{rest}".rstrip(), indent=4 if title else 2, hang=first + second + 4)
