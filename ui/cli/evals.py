"""`evals`: import results, run evals, compare them, hold them against a goal."""

from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel, ValidationError

from tools.errors import InputError
from tools.evals.records import EvalRun
from ui.cli.evals_judge import judge_, judge_line, prefer_
from ui.cli.evals_metric import metric_group
from ui.cli.evals_run import guardrail_, run_
from ui.cli.output import Bar, emit_json, json_option

T = TypeVar("T", bound=BaseModel)


class _Evals(BaseModel):
    evals: list[EvalRun]


class _Shown(BaseModel):
    eval: EvalRun
    samples: list[dict[str, object]]
    labels: Any
    """tools.evals.labels.LabelReport, or None."""
    judge: Any
    """tools.evals.judges.JudgeAgreement, or None."""


class _Compared(BaseModel):
    comparisons: list[Any]


@click.group()
def evals() -> None:
    """Import, run and compare evaluations."""


evals.add_command(run_)
evals.add_command(guardrail_)
evals.add_command(judge_)
evals.add_command(prefer_)
evals.add_command(metric_group)


@evals.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "name", help="Name of the eval; without it, the file's own.")
@click.option(
    "--format", "kind", default="auto", show_default=True, help="auto, or one of the formats of docs/evals.md."
)
@json_option
def import_(file: Path, name: str | None, kind: str, as_json: bool) -> None:
    """Store results measured elsewhere. All of the file is kept, or nothing."""
    from tools.evals.importers import ImportRequest, import_file

    bar = Bar()
    try:
        result = import_file(_request(ImportRequest, file=file, name=name, format=kind), bar)
    finally:
        bar.close()
    if as_json:
        return emit_json(result)
    if result.already_stored:
        click.echo("Stored before, with the same content; nothing was written.")
    for e in result.evals:
        click.echo(eval_line(e))
    for note in result.notes:
        click.echo(f"Note: {note}.", err=True)
    if result.unscored:
        click.echo(
            f"{result.unscored:,} of {result.samples:,} scores are missing (the sample failed, or nothing graded it); "
            "comparisons leave them out.",
            err=True,
        )
    return None


@evals.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All evals, oldest first."""
    from tools.evals import store

    found = store.evals()
    if as_json:
        return emit_json(_Evals(evals=found))
    for e in found:
        click.echo(eval_line(e))
    if not found:
        click.echo("No evals yet. `finetune-advisor evals import FILE --as NAME` stores the first.", err=True)
    return None


@evals.command()
@click.argument("name")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(0, 100_000), help="Samples to show.")
@click.option("--offset", default=0, type=click.IntRange(0), help="Samples to pass over first.")
@click.option("--wrong", is_flag=True, help="Only samples that failed.")
@json_option
def show(name: str, limit: int, offset: int, wrong: bool, as_json: bool) -> None:
    """One eval and its samples."""
    from tools.evals import store
    from tools.evals.judges import standing
    from tools.evals.labels import label_report

    found = store.eval_named(name)
    samples = store.samples(name, limit=limit, offset=offset, wrong_only=wrong)
    report, judge = label_report(name), standing(found)
    if as_json:
        return emit_json(_Shown(eval=found, samples=[s._asdict() for s in samples], labels=report, judge=judge))
    click.echo(eval_line(found))
    if report:
        click.echo(labels_line(report))
    if judge:
        click.echo(judge_line(judge))
    for label, value in (
        ("from", f"{found.origin}, {found.source}, {found.created_at:%Y-%m-%d %H:%M} UTC"),
        ("model", found.model or "unknown"),
        ("metric", f"{found.metric} version {found.metric_version}" if found.metric else "none accepted"),
        ("grader", f"{found.grader} {found.grader_version or ''}".strip() if found.grader else "unknown"),
        ("held-out", f"{found.dataset or 'unknown'} {(found.dataset_digest or '')[:12]}"),
        ("cost", f"${found.cost_usd}" if found.cost_usd is not None else "unknown"),
        ("latency", "unknown" if found.latency_ms_p50 is None else f"p50 {found.latency_ms_p50:,.0f} ms"),
    ):
        click.echo(f"  {label:<9} {value}")
    for s in samples:
        mark = "unscored" if s.score is None else f"{s.score:g}"
        click.echo(f"  [{mark}] {s.sample_id}: wanted {_short(s.target)}, got {_short(s.completion)}")
    return None


@evals.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write: .parquet or .csv.")
@json_option
def export(names: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Samples of evals as Parquet or CSV, for other tools."""
    from tools.evals.export import ExportRequest
    from tools.evals.export import export as export_

    result = export_(ExportRequest(names=names, out=out))
    if as_json:
        return emit_json(result)
    click.echo(f"{result.samples:,} samples, {result.bytes:,} bytes: {result.file}")
    return None


@evals.command()
@click.argument("baseline")
@click.argument("candidates", metavar="CANDIDATE...", nargs=-1, required=True)
@click.option("--flips", default=5, show_default=True, type=click.IntRange(0), help="Flips to print each way.")
@json_option
def compare(baseline: str, candidates: tuple[str, ...], flips: int, as_json: bool) -> None:
    """CANDIDATE against BASELINE, paired by sample. With several, p-values are corrected for their number."""
    from tools.evals.beside import with_guardrails
    from tools.evals.compare import CompareRequest, compare_several
    from tools.evals.compare import compare as compare_
    from ui.cli.comparison import comparison_text

    if len(candidates) > 1:
        found = [with_guardrails(c) for c in compare_several(baseline, candidates)]
        if as_json:
            return emit_json(_Compared(comparisons=found))
        click.echo("\n\n".join(comparison_text(c, flips) for c in found))
        return None
    result = with_guardrails(compare_(CompareRequest(baseline=baseline, candidate=candidates[0])))
    if as_json:
        return emit_json(result)
    click.echo(comparison_text(result, flips))
    return None


@evals.command()
@click.argument("baseline")
@click.argument("candidate")
@click.option("--at-least", type=float, help="The candidate's score, with its whole interval, must be at least this.")
@click.option("--min-difference", type=float, help="The whole interval must lie at or above this.")
@click.option(
    "--not-worse-than", type=float, help="The candidate may be worse by at most this, with the whole interval."
)
@click.option(
    "--guardrail",
    nargs=2,
    metavar="BEFORE AFTER",
    help="Evals of guardrail probes, before and after: a loss there fails. Without it, those measured for both models.",
)
@json_option
def gate(baseline: str, candidate: str, as_json: bool, **given: Any) -> int:
    """Exit status 0 when the goal is met, 1 when not. Without a goal: that of their metric, else improvement."""
    from tools.evals.gate import GateRequest
    from tools.evals.gate import gate as gate_

    result = gate_(_request(GateRequest, baseline=baseline, candidate=candidate, **given))
    if as_json:
        emit_json(result)
    else:
        click.echo(result.line)
    return 0 if result.passed else 1


def _request(kind: type[T], **values: object) -> T:
    try:
        return kind.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        option = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else "options"
        raise InputError(first["msg"], where=option, remedy="`--help` says what it may be.") from None


def eval_line(e: EvalRun) -> str:
    """An eval in one line, with interval and n."""
    if e.score is None:
        return f"{e.name}: no scores, n={e.n}"
    interval = (
        f"{e.ci_low:.3f} to {e.ci_high:.3f}" if e.ci_low is not None and e.ci_high is not None else "interval unknown"
    )
    metric = "accuracy" if e.pass_fail else "mean score"
    shared = f" in {e.clusters} clusters" if e.clusters else ""
    return f"{e.name}: {metric} {e.score:.3f} ({interval}), n={e.scored}{shared}"


def labels_line(report: Any) -> str:
    """Macro-F1 with interval and n, and the weakest labels."""
    if report.macro_f1 is None:
        return "  macro-F1 unknown: no sample has both a score and a target"
    interval = (
        "interval unknown"
        if report.ci_low is None or report.ci_high is None
        else f"{report.ci_low:.3f} to {report.ci_high:.3f}"
    )
    weakest = ", ".join(f"{s.label} {s.f1:.2f} (n={s.n})" for s in report.labels[:3])
    return f"  macro-F1 {report.macro_f1:.3f} ({interval}), {len(report.labels)} labels; weakest F1: {weakest}"


def _short(text: str | None) -> str:
    if text is None:
        return "unknown"
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 60 else flat[:59] + "…")
