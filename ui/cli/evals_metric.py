"""`evals metric`: what a good answer is, proposed from the data, shown, and accepted before anything is trained."""

from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from tools.errors import InputError
from ui.cli.measuring import grader_given, text_or_file
from ui.cli.output import emit_json, json_option

Command = TypeVar("Command")


@click.group("metric")
def metric_group() -> None:
    """The task's metric: what a good answer is, how it is scored, the goal, and what must not get worse."""


def _settings(command: Command) -> Command:
    """The options that change what a metric says."""
    for option in (
        click.option("--guardrail", "guardrails", multiple=True, help="`general`, or a file of probes (repeatable)."),
        click.option("--slice", "slices", multiple=True, help="A field whose values divide the samples (repeatable)."),
        click.option("--improved", is_flag=True, help="Goal: better than the baseline."),
        click.option("--not-worse-than", type=click.FloatRange(0, 1), help="Goal: worse by at most this."),
        click.option("--at-least", type=click.FloatRange(0, 1), help="Goal: a score of at least this."),
        click.option("--judge-may-judge-itself", is_flag=True, help="Let a model judge its own answers."),
        click.option("--judge-key-env", help="Variable that holds the judge's key."),
        click.option("--judge-url", help="OpenAI-compatible address of the judge."),
        click.option("--judge", help="Model that grades free text by the rubric."),
        click.option("--rubric", help="What a good answer is, for the judge; @FILE reads it from a file."),
        click.option("--grader", help="label, exact, numeric, json, ..., JSON, or @FILE."),
        click.option("--good-answer", help="What a good answer is, in your words."),
    ):
        command = option(command)  # type: ignore[type-var]
    return command


@metric_group.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--as", "name", help="Name of the metric; without it, the file's own.")
@_settings
@json_option
def propose(dataset: Path, name: str | None, as_json: bool, **given: Any) -> None:
    """Propose a metric from DATASET, show it on five rows, and write it to a file that you may edit."""
    from tools.evals.heldout import read_held_out
    from tools.evals.metric.files import as_yaml, write_draft
    from tools.evals.metric.propose import propose_metric, shown

    rubric = text_or_file(given["rubric"])
    found = propose_metric(dataset, name or dataset.stem, judge=_judge(given), rubric=rubric)
    metric = _changed(found.metric, {**given, "judge": None, "rubric": None})
    if metric != found.metric:
        found = found.model_copy(update={"metric": metric, "rows": shown(metric, read_held_out(dataset))})
    path = write_draft(metric)
    if as_json:
        return emit_json(found)
    click.echo(as_yaml(metric))
    click.echo(f"Why: {found.why}")
    if found.needs:
        click.echo(f"Still yours to decide: {found.needs}")
    for row in found.rows:
        click.echo(f"\n  asked   {_short(row.input)}\n  target  {_short(row.target)}")
        for t in row.tried:
            mark = "not graded" if t.score is None else f"{t.score:g}"
            click.echo(f"    {mark:<10} {_short(t.answer)}")
    click.echo(f"\nWritten to {path}. Edit it or give options to change it, then:")
    click.echo(f"  finetune-advisor evals metric accept {metric.name}")
    return None


@metric_group.command()
@click.argument("name")
@_settings
@json_option
def accept(name: str, as_json: bool, **given: Any) -> None:
    """Accept what was proposed (or change an accepted metric): the next version, which then stays as it is."""
    from tools.errors import NotFoundError
    from tools.evals.metric import files

    try:
        metric = files.draft(name)
    except NotFoundError:
        metric = files.accepted(name)
    made = files.accept(_changed(metric, given))
    if as_json:
        return emit_json(_Shown(metric=made, digest=made.digest))
    click.echo(f"{made.name} version {made.version}, sha256 {made.digest}")
    click.echo(f"Goal: {made.goal}. Measure with: finetune-advisor evals run FILE --metric {made.name}")
    return None


@metric_group.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """One metric; NAME@2 names a version. Without an accepted version, what was proposed."""
    from tools.evals.metric import files

    plain = name.partition("@")[0]
    metric = files.accepted(name) if files.versions(plain) else files.draft(plain)
    if as_json:
        return emit_json(_Shown(metric=metric, digest=metric.digest))
    click.echo(files.as_yaml(metric, metric.digest if metric.version else None), nl=False)
    return None


@metric_group.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All metrics, the newest version of each."""
    from tools.evals.metric.files import all_metrics

    found, unread = all_metrics()
    for e in unread:
        click.echo(str(e), err=True)
    if as_json:
        return emit_json(_Listed(metrics=[_Shown(metric=m, digest=m.digest) for m in found]))
    for m in found:
        state = f"version {m.version}" if m.version else "proposed, not accepted"
        kind = m.grader.type if m.grader else "no grader yet"
        click.echo(f"{m.name}: {state}, {kind}, goal: {m.goal}, sha256 {m.digest[:12]}")
    if not found and not unread:
        click.echo("No metrics yet. `finetune-advisor evals metric propose DATASET` proposes one.", err=True)
    return None


class _Shown(BaseModel):
    metric: Any
    digest: str


class _Listed(BaseModel):
    metrics: list[_Shown]


def _judge(given: dict[str, Any]) -> Any:
    from tools.evals.graders.judge import judge_named

    if not given["judge"]:
        return None
    return judge_named(
        given["judge"], given["judge_url"], given["judge_key_env"], itself=given["judge_may_judge_itself"]
    )


def _changed(metric: Any, given: dict[str, Any]) -> Any:
    """The metric with what the options change.

    Raises:
        InputError: two goals, or a judge without a rubric.
    """
    from tools.evals.graders.judge import Rubric
    from tools.evals.metric.records import Goal

    new: dict[str, Any] = {}
    goals = {k: given[k] for k in ("at_least", "not_worse_than") if given[k] is not None}
    goals |= {"improved": True} if given["improved"] else {}
    if len(goals) > 1:
        raise InputError("there are two goals", where="--at-least", remedy="Give one goal.")
    if goals:
        new["goal"] = Goal(**goals)
    if given["grader"]:
        new["grader"] = grader_given(given["grader"])
    if judge := _judge(given):
        text = text_or_file(given["rubric"]) or given["good_answer"] or metric.good_answer
        new["grader"] = Rubric(judge=judge, rubric=text)
        new["good_answer"] = text
    if given["good_answer"]:
        new["good_answer"] = given["good_answer"]
    for field in ("slices", "guardrails"):
        if given[field]:
            new[field] = tuple(given[field])
    if "grader" in new:
        new["report"] = ("accuracy", "macro_f1") if new["grader"].type == "label" else ("accuracy",)
    return metric.model_copy(update=new)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 80 else flat[:79] + "…")
