"""`evals judge` and `evals prefer`: a named model that grades, held against people before it counts."""

from pathlib import Path
from typing import Any

import click

from tools.errors import InputError
from ui.cli.measuring import text_or_file
from ui.cli.output import Bar, emit_json, json_option


@click.command("judge")
@click.argument("name")
@click.option("--sheet", type=click.Path(path_type=Path), help="Write a CSV for people to grade, and stop.")
@click.option("--rows", default=50, show_default=True, type=click.IntRange(2, 5000), help="Rows of the sheet.")
@click.option("--seed", default=0, show_default=True, help="Seed of their choice.")
@click.option("--grades", type=click.Path(path_type=Path), help="The sheet with people's grades (CSV or JSONL).")
@json_option
def judge_(name: str, sheet: Path | None, rows: int, seed: int, grades: Path | None, as_json: bool) -> int:
    """How far the judge behind eval NAME agrees with people. Exit status 1 when it does not count."""
    from tools.evals import judges, store

    if sheet is not None:
        n = judges.write_sheet(judges.SheetRequest(eval=name, out=sheet, n=rows, seed=seed))
        click.echo(f"{n} rows: {sheet}. Fill in the column `grade`, then: evals judge {name} --grades {sheet}")
        return 0
    found = judges.measure(name, grades) if grades else judges.standing(store.eval_named(name))
    if found is None:
        raise InputError(f"{name!r} was graded by a rule", remedy="A rule needs no agreement with people.")
    if as_json:
        emit_json(found)
    else:
        click.echo(judge_line(found))
    return 0 if found.counts else 1


def judge_line(found: Any) -> str:
    """A judge's standing in one line."""
    if not found.n:
        return f"judge {found.judge}: does not count: {found.reason}"
    a, k = found.agreement_interval, found.kappa_interval
    kappa = "unknown" if found.kappa is None else f"{found.kappa:.2f}"
    between = "" if k.low is None or k.high is None else f" ({k.low:.2f} to {k.high:.2f})"
    raw = f"{found.agreement:.2f}" + ("" if a.low is None else f" ({a.low:.2f} to {a.high:.2f})")
    return (
        f"judge {found.judge}: {'counts' if found.counts else 'does not count'}: {found.reason}. "
        f"Same grade as people {raw}, Cohen's kappa {kappa}{between}, n={found.n}"
    )


@click.command("prefer")
@click.argument("baseline")
@click.argument("candidate")
@click.option("--judge", required=True, help="Model that compares the two answers.")
@click.option("--judge-url", help="OpenAI-compatible address of the judge.")
@click.option("--judge-key-env", help="Variable that holds the judge's key.")
@click.option("--judge-may-judge-itself", is_flag=True, help="Let a model judge its own answers.")
@click.option("--rubric", required=True, help="What makes an answer better; @FILE reads it from a file.")
@click.option("--as", "name", required=True, help="Stored as NAME/baseline and NAME/candidate.")
@click.option("--parallel", type=click.IntRange(1, 64), help="Requests at a time.")
@json_option
def prefer_(baseline: str, candidate: str, as_json: bool, **given: Any) -> None:
    """Which answers a judge prefers, asked twice with the order swapped; what changes with the order is a tie."""
    from tools.evals.graders.judge import judge_named
    from tools.evals.prefer import Pairwise, PreferRequest, prefer

    named = judge_named(
        given["judge"], given["judge_url"], given["judge_key_env"], itself=given["judge_may_judge_itself"]
    )
    text = text_or_file(given["rubric"]) or ""
    if len(text) < 10:
        raise InputError("the rubric is too short", where="--rubric", remedy="Say in a sentence what is better.")
    request = PreferRequest(
        baseline=baseline,
        candidate=candidate,
        grader=Pairwise(judge=named, rubric=text),
        name=given["name"],
        parallel=given["parallel"],
    )
    bar = Bar()
    try:
        result = prefer(request, bar)
    finally:
        bar.close()
    if as_json:
        return emit_json(result)
    from ui.cli.comparison import comparison_text

    click.echo(
        f"candidate preferred {result.candidate_preferred}, baseline preferred {result.baseline_preferred}, ties "
        f"{result.ties} ({result.position_dependent} hung on the order, {result.same} were the same text)"
        + (f", unreadable {result.unreadable}" if result.unreadable else "")
    )
    click.echo(comparison_text(result.comparison, 5))
    return None
