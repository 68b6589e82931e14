"""`ladder`: every rung from a plain prompt to a tuned model on the same held-out samples, and what follows from it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tools.errors import InputError
from ui.cli.ladder_text import curve_text, ladder_text, plan_text
from ui.cli.measuring import endpoint, endpoint_options, grader, text_or_file
from ui.cli.output import Bar, emit_json, json_option


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--held-out", type=click.Path(path_type=Path), help="Held-out file; without it, DATASET is divided (seeded) first."
)
@endpoint_options
@click.option("--tuned", help="Fine-tuned model at the same address, for the last rung.")
@click.option("--grader", help="label, exact, numeric, json, ... or JSON; without it, the one the data suggests.")
@click.option("--arm", "arms", multiple=True, help="Measure only this rung (several may be named).")
@click.option("--instructions", help="What the better prompt adds; @FILE reads it from a file.")
@click.option("-k", "shots", type=click.IntRange(1, 100), help="Few-shot examples.")
@click.option("--seed", default=0, show_default=True, help="Seed of the choice of examples and of the division.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many held-out samples.")
@click.option("--max-tokens", type=click.IntRange(1), help="The most one completion may have.")
@click.option("--parallel", type=click.IntRange(1, 64), help="Requests at a time.")
@click.option("--usd-in", type=Decimal, help="US dollars per million prompt tokens.")
@click.option("--usd-out", type=Decimal, help="US dollars per million completion tokens.")
@click.option("--budget", type=Decimal, help="The most it may cost, US dollars.")
@click.option("--unpriced", is_flag=True, help="Measure although prices are unknown.")
@click.option("--target", type=click.FloatRange(0, 1), help="The score that would be good enough.")
@click.option("--facts", type=click.Path(path_type=Path), help="Facts of the case (JSON) to add to what is measured.")
@click.option("--as", "name", help="Evals are stored as NAME/ARM.")
@click.option(
    "--curve",
    type=click.Choice(["nearest_neighbour", "linear", "few_shot", "retrieval"]),
    help="Instead: this rung on 25, 50 and 100 % of the training examples, and what twice as many may bring.",
)
@click.option("--usd-per-label", type=Decimal, help="What one more labelled example costs, for --curve.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be asked for and cost, and stop.")
@json_option
def ladder(dataset: Path, as_json: bool, only_plan: bool, facts: Path | None, **given: Any) -> None:
    """Measure every rung on the same held-out samples. Stop at any time: the same command goes on where it was."""
    from tools.ladder.climb import climb
    from tools.ladder.plan import plan
    from tools.records.owned import LOCAL
    from ui.advice import note_before_measuring, note_ladder

    request = _request(dataset, given)
    if given["curve"]:
        _curve(request, given["curve"], given["usd_per_label"], as_json)
        return
    found = plan(request)
    if only_plan:
        click.echo(found.model_dump_json(indent=2) if as_json else plan_text(found))
        return
    click.echo(plan_text(found), err=True)
    own = _own_facts(facts)
    case_id = note_before_measuring(LOCAL, own) if own else None
    bar = Bar()
    try:
        result = climb(request, bar)
    finally:
        bar.close()
    if case_id:
        note_ladder(LOCAL, case_id, result, given["target"])
    recommendation = _recommendation(result.facts, own)
    if as_json:
        whole = result.model_dump(mode="json") | {
            "recommendation": recommendation.model_dump(mode="json", by_alias=True)
        }
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    click.echo(ladder_text(result, recommendation))


def _curve(request: Any, arm: Any, usd_per_label: Decimal | None, as_json: bool) -> None:
    from tools.ladder.curve import CurveRequest, learning_curve

    bar = Bar()
    try:
        curve = learning_curve(CurveRequest(ladder=request, arm=arm, usd_per_label=usd_per_label), bar)
    finally:
        bar.close()
    if as_json:
        emit_json(curve)
    else:
        click.echo(curve_text(curve))


def _request(dataset: Path, given: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from tools.ladder.records import LadderRequest

    train, held_out = (dataset, given["held_out"]) if given["held_out"] else _divided(dataset, given["seed"])
    base = endpoint(given)
    prices = (Decimal(0), Decimal(0)) if given["local"] else (given["usd_in"], given["usd_out"])
    try:
        return LadderRequest(
            train=train,
            held_out=held_out,
            endpoint=base,
            tuned=base.model_copy(update={"model": given["tuned"]}) if given["tuned"] else None,
            grader=grader(given["grader"], train) if given["grader"] else None,
            name=given["name"],
            arms=given["arms"] or None,
            instructions=text_or_file(given["instructions"]),
            k=given["shots"],
            seed=given["seed"],
            limit=given["limit"],
            max_tokens=given["max_tokens"],
            parallel=given["parallel"],
            usd_per_million_prompt_tokens=prices[0],
            usd_per_million_completion_tokens=prices[1],
            budget_usd=given["budget"],
            unpriced=given["unpriced"],
            target_score=given["target"],
        )
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        raise InputError(
            first["msg"], where=f"--{first['loc'][0]}".replace("arms", "arm"), remedy="See --help."
        ) from None


def _divided(dataset: Path, seed: int) -> tuple[Path, Path]:
    """Train and held-out files of a dataset that comes as one; the same file and seed give the same files."""
    import hashlib

    from tools.dataset.records import SplitRequest
    from tools.dataset.splitting import split
    from tools.errors import NotFoundError
    from tools.workspace import folder

    if not dataset.is_file():
        raise NotFoundError("there is no such file", where=str(dataset), remedy="Check the path.")
    digest = hashlib.sha256(dataset.read_bytes()).hexdigest()[:16]
    out = folder("ladders", f"{digest}-{seed}")
    if not (out / "split.json").exists():
        split(SplitRequest(path=dataset, out=out, validation=0.0, held_out=0.2, seed=seed, keep_held_out=True))
    return out / "train.jsonl", out / "held_out.jsonl"


def _own_facts(file: Path | None) -> dict[str, Any]:
    """The facts of the case, as the person gave them.

    Raises:
        InputError: the file cannot be read.
    """
    if file is None:
        return {}
    try:
        own = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(
            f"the facts cannot be read ({e})", where=str(file), remedy="A JSON object is wanted."
        ) from None
    if not isinstance(own, dict):
        raise InputError("the facts are not a JSON object", where=str(file), remedy="docs/facts.md lists them.")
    return own


def _recommendation(measured: dict[str, Any], own: dict[str, Any]) -> Any:
    from agent.decide import decide
    from agent.facts import parse_facts

    return decide(parse_facts({**own, **measured}))
