"""A lint report for people: errors first, each with its lines, an excerpt and what to do; then what was checked."""

import click

from tools.dataset.records import Finding, LintReport

COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
HEADS = {
    "error": "stop a provider, or make training wrong",
    "warning": "will hurt",
    "info": "good to know",
}
SHOWN_LINES = 8


def show(report: LintReport) -> None:
    """Write the report to standard output."""
    technique = f", for {report.technique}" if report.technique else ""
    click.echo(
        f"{report.file}: {report.format}{technique}, {report.examples:,} examples ({report.stats.seconds:.1f} s)"
    )
    if report.format_reason:
        click.echo(f"  because {report.format_reason}")
    for severity, words in HEADS.items():
        found = [f for f in report.findings if f.severity == severity]
        if found:
            plural = "" if len(found) == 1 or severity == "info" else "s"
            click.secho(f"\n{len(found)} {severity}{plural}: {words}", fg=COLOURS[severity], bold=True)
        for finding in found:
            _finding(finding, report.file)
    _summary(report)


def _finding(finding: Finding, file: str) -> None:
    where = f" {finding.file}" if finding.file != file else ""
    click.echo(f"{finding.rule}{where} {_lines(finding)}: {finding.message}.")
    if finding.excerpt:
        place = f"{finding.place}: " if finding.place else ""
        click.secho(f"    {place}{finding.excerpt}", dim=True)
    fix = " (--fix repairs it)" if finding.fixable else ""
    offer = f" (--fix with --offer {finding.offer})" if finding.offer else ""
    click.echo(f"    {finding.remedy}{fix}{offer}")


def _lines(finding: Finding) -> str:
    if finding.line is None:
        return "(whole file)"
    if len(finding.lines) <= 1:
        return f"line {finding.line:,}"
    shown = ", ".join(f"{n:,}" for n in finding.lines[:SHOWN_LINES])
    more = len(finding.lines) - SHOWN_LINES
    return f"lines {shown}" + (f" and {more:,} more" if more > 0 else "")


def _summary(report: LintReport) -> None:
    tokens = report.stats.tokens
    click.echo("")
    if tokens is not None:
        exact = "" if tokens.exact else ", not exact"
        limit = f", limit {tokens.limit_per_example:,}" if tokens.limit_per_example else ""
        click.echo(
            f"tokens: {tokens.total:,} ({tokens.tokenizer}{exact}); per example p50 {tokens.p50:,}, "
            f"p95 {tokens.p95:,}, longest {tokens.max:,}{limit}"
        )
        if tokens.note:
            click.echo(f"  {tokens.note}")
    if report.stats.labels:
        top = ", ".join(f"{label.label} {label.examples:,}" for label in report.stats.labels[:8])
        click.echo(f"labels: {len(report.stats.labels)} ({top}{', …' if len(report.stats.labels) > 8 else ''})")
    for backend in report.backends:
        words = {"as_is": "takes it as it is", "after_fix": "after", "no": "no"}[backend.verdict]
        click.echo(f"{backend.title}: {words}{': ' + '; '.join(backend.reasons) if backend.reasons else ''}")
    done = [f"{c.name} ({c.findings or 'clean'})" for c in report.stats.checked if c.rules]
    click.echo(f"checked: {', '.join(done)}")
    for skipped in report.stats.checked:
        if skipped.note:
            click.echo(f"  {skipped.name}: {skipped.note}")
    if report.fix is not None:
        changes = ", ".join(f"{rule} {n:,}" for rule, n in sorted(report.fix.changes.items())) or "nothing"
        click.echo(
            f"wrote {report.fix.path}: changed {changes}; {report.fix.lines_in:,} -> {report.fix.lines_out:,} lines"
        )
        for line in report.fix.diff:
            click.echo(f"  {line}")
    verdict = "no errors" if report.ok else "errors: not ready to train on"
    click.secho(verdict, fg="green" if report.ok else "red", bold=True)
