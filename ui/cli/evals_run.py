"""`evals run`: measure a model on a held-out file."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tools.errors import InputError
from ui.cli.measuring import endpoint, endpoint_options, grader, text_or_file
from ui.cli.output import USD, Bar, emit_json, json_option


@click.command("run")
@click.argument("dataset", type=click.Path(path_type=Path))
@endpoint_options
@click.option("--metric", help="Metric that you accepted (NAME or NAME@2): its grader, its slices.")
@click.option("--grader", help="label, exact, json, ..., JSON, or @FILE; without it, the one the data suggests.")
@click.option("--system", help="Instructions to use in place of the file's own; @FILE reads them from a file.")
@click.option("--few-shot", type=click.Path(path_type=Path), help="Training file to take examples from.")
@click.option("-k", "shots", default=5, show_default=True, type=click.IntRange(1, 200), help="How many examples.")
@click.option("--seed", default=0, show_default=True, help="Seed of their choice.")
@click.option("--as", "name", help="Name of the eval.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many samples.")
@click.option("--max-tokens", type=click.IntRange(1), help="The most one completion may have.")
@click.option("--parallel", type=click.IntRange(1, 64), help="Requests at a time.")
@click.option("--usd-in", type=USD, help="US dollars per million prompt tokens, to reckon the cost.")
@click.option("--usd-out", type=USD, help="US dollars per million completion tokens.")
@json_option
def run_(dataset: Path, as_json: bool, **given: Any) -> None:
    """Ask a model for every sample of DATASET and score what comes back.

    Stop it at any time: the same command goes on where it was, and nothing is asked twice.
    """
    from tools.evals.run import RunRequest, run

    free = {"usd_per_million_prompt_tokens": Decimal(0), "usd_per_million_completion_tokens": Decimal(0)}
    priced = {"usd_per_million_prompt_tokens": given["usd_in"], "usd_per_million_completion_tokens": given["usd_out"]}
    metric = _metric(given)
    bar = Bar()
    try:
        request = RunRequest(
            dataset=dataset,
            endpoint=endpoint(given),
            grader=metric.grader if metric else grader(given["grader"], dataset),
            metric=metric.ref if metric else None,
            prompt=_prompt(given),
            name=given["name"],
            limit=given["limit"],
            max_tokens=given["max_tokens"],
            parallel=given["parallel"],
            **(free if given["local"] else priced),
        )
        result = run(request, bar)
    finally:
        bar.close()
    if as_json:
        return emit_json(result)
    from tools.evals.judges import standing
    from tools.evals.labels import label_report
    from ui.cli.evals import eval_line, labels_line
    from ui.cli.evals_judge import judge_line

    click.echo(eval_line(result))
    if report := label_report(result.name):
        click.echo(labels_line(report))
    if judge := standing(result):
        click.echo(judge_line(judge), err=True)
    click.echo(f"{result.asked} completions asked for, {result.reused} known from before", err=True)
    if result.rejected:
        click.echo(f"{result.rejected} samples were refused by the endpoint and have no score", err=True)
    if result.truncated:
        click.echo(f"{result.truncated} completions were cut off at the token limit (--max-tokens)", err=True)
    return None


@click.command("guardrail")
@endpoint_options
@click.option("--tuned", required=True, help="Fine-tuned model at the same address.")
@click.option("--task", nargs=2, metavar="BASE TUNED", help="Evals of the task: what was gained there is said too.")
@click.option("--probes", type=click.Path(path_type=Path), help="Your own probes; without it, the general ones.")
@click.option("--as", "name", help="Evals are stored as NAME/base and NAME/tuned.")
@click.option("--parallel", type=click.IntRange(1, 64), help="Requests at a time.")
@json_option
def guardrail_(as_json: bool, **given: Any) -> int:
    """What a tuned model forgot: the same general probes before and after. Exit status 1 when a loss is shown."""
    from tools.evals.guardrail import GuardrailRequest, guardrail

    base = endpoint(given)
    tuned = base.model_copy(update={"model": given["tuned"]})
    bar = Bar()
    try:
        request = GuardrailRequest(
            base=base, tuned=tuned, probes=given["probes"], name=given["name"], parallel=given["parallel"]
        )
        result = guardrail(request, bar)
    finally:
        bar.close()
    if as_json:
        emit_json(result)
    else:
        from ui.cli.comparison import comparison_text

        if given["task"]:
            from tools.evals.compare import CompareRequest, compare
            from tools.evals.guardrail import together

            base_name, tuned_name = given["task"]
            task = compare(CompareRequest(baseline=base_name, candidate=tuned_name, most_flips=0))
            click.echo(together(task, result))
        else:
            click.echo(f"Got worse at: {', '.join(result.forgot)}." if result.forgot else "No loss is shown.")
        click.echo(comparison_text(result.comparison, 5))
    return 1 if result.forgot else 0


def _metric(given: dict[str, Any]) -> Any:
    from tools.evals.metric.files import accepted

    if not given["metric"]:
        return None
    if given["grader"]:
        raise InputError("the metric says which grader scores", where="--grader", remedy="Give one of the two.")
    return accepted(given["metric"])


def _prompt(given: dict[str, Any]) -> Any:
    from tools.evals.prompts import AsIs, FewShot, Instructions

    text = text_or_file(given["system"])
    if given["few_shot"]:
        return FewShot(train=given["few_shot"], k=given["shots"], seed=given["seed"], text=text)
    return Instructions(text=text) if text else AsIs()
