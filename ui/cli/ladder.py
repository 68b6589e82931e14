"""`ladder`: every rung from a plain prompt to a tuned model on the same held-out samples, and what follows from it."""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tools.errors import InputError, RefusedError
from tools.ladder.say import LANGUAGES
from tools.named import reason
from ui.cli.ask import spoken_here
from ui.cli.ladder_text import curve_text, ladder_text, plan_text
from ui.cli.measuring import endpoint, endpoint_options, grader, text_or_file
from ui.cli.output import USD, Bar, emit_json, json_option


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--held-out", type=click.Path(path_type=Path), help="Held-out file; without it, DATASET is divided (seeded) first."
)
@endpoint_options
@click.option("--tuned", help="Fine-tuned model for the last rung; at the same address unless told otherwise.")
@click.option("--tuned-base-url", help="Where the tuned model answers, if elsewhere.")
@click.option("--tuned-key-env", help="Variable that holds the key for that address.")
@click.option("--tuned-local", is_flag=True, help="The tuned model is one of the local engine.")
@click.option("--documents", multiple=True, type=click.Path(path_type=Path), help="Where answers come from.")
@click.option("--chain", type=click.Path(path_type=Path), help="Prompts of the chain (YAML): a list of 2 to 5 texts.")
@click.option("--grader", help="label, exact, numeric, json, ... or JSON; without it, the one the data suggests.")
@click.option("--arm", "arms", multiple=True, help="Measure only this rung (several may be named).")
@click.option("--instructions", help="What the better prompt adds; @FILE reads it from a file.")
@click.option("-k", "shots", type=click.IntRange(1, 100), help="Few-shot examples.")
@click.option("--seed", default=0, show_default=True, help="Seed of the choice of examples and of the division.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many held-out samples.")
@click.option("--max-tokens", type=click.IntRange(1), help="The most one completion may have.")
@click.option("--parallel", type=click.IntRange(1, 64), help="Requests at a time.")
@click.option("--usd-in", type=USD, help="US dollars per million prompt tokens.")
@click.option("--usd-out", type=USD, help="US dollars per million completion tokens.")
@click.option("--tuned-usd-in", type=USD, help="The same for the tuned model; without it, the base model's.")
@click.option("--tuned-usd-out", type=USD, help="The same for its completion tokens.")
@click.option("--budget", type=USD, help="The most it may cost, US dollars.")
@click.option("--unpriced", is_flag=True, help="Measure although prices are unknown.")
@click.option(
    "--guardrail",
    "guardrails",
    multiple=True,
    help="With --tuned, what must not get worse: general (without this option), a file of probes, or none.",
)
@click.option("--target", type=click.FloatRange(0, 1), help="The score that would be good enough.")
@click.option("--facts", type=click.Path(path_type=Path), help="Facts of the case (JSON) to add to what is measured.")
@click.option("--as", "name", help="Evals are stored as NAME/ARM.")
@click.option(
    "--curve",
    type=click.Choice(["nearest_neighbour", "linear", "few_shot", "retrieval", "tuned"]),
    help="Instead: this rung on 25, 50 and 100 % of the training examples, and what twice as many may bring.",
)
@click.option("--tuned-at", multiple=True, metavar="PERCENT=MODEL", help="For --curve tuned: 25=A, 50=B, 100=C.")
@click.option("--chart", type=click.Path(path_type=Path), help="Write the chart to this file (SVG).")
@click.option("--usd-per-label", type=USD, help="What one more labelled example costs, for --curve.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be asked for and cost, and stop.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the report; the terminal's own by default.")
@json_option
def ladder(
    dataset: Path, as_json: bool, only_plan: bool, facts: Path | None, language: str | None, **given: Any
) -> None:
    """Measure every rung on the same held-out samples. Stop at any time: the same command goes on where it was."""
    from agent.translated import translated
    from tools.ladder.climb import climb
    from tools.ladder.plan import plan
    from tools.records.owned import LOCAL
    from ui.advice import note_before_measuring, note_ladder

    language = language or spoken_here()
    _local_by_default(given)
    request = _request(dataset, given)
    if given["curve"]:
        _curve(request, given, as_json)
        return
    found = plan(request)
    if only_plan:
        click.echo(found.model_dump_json(indent=2) if as_json else plan_text(found, language))
        return
    click.echo(plan_text(found, language), err=True)
    request = request.model_copy(update={"budget_usd": _budget(found, given["budget"])})
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
    if given["chart"]:
        _write_chart(given["chart"], result)
    if as_json:
        whole = result.model_dump(mode="json") | {
            "recommendation": recommendation.model_dump(mode="json", by_alias=True)
        }
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    recommendation = translated(recommendation, {**own, **result.facts}, language)
    click.echo(ladder_text(result, recommendation, language))


def _local_by_default(given: dict[str, Any]) -> None:
    """Without a model or an address, from options or settings, the local engine is measured."""
    named = given["model"] or given["base_url"] or any(os.environ.get(n) for n in ("ADVISOR_MODEL", "ADVISOR_BASE_URL"))
    given["local"] = given["local"] or not named


def _budget(found: Any, given: Decimal | None) -> Decimal | None:
    """The most it may cost: as given, else agreed to at the terminal.

    Raises:
        RefusedError: it costs something, and there is neither a budget nor a person to ask.
    """
    if given is not None or not found.worst_case_usd:
        return given
    if not sys.stdin.isatty():
        raise RefusedError(
            f"it could cost up to ${found.worst_case_usd:.2f}, and no budget was given",
            remedy="Say the most it may cost: --budget USD.",
        )
    if not click.confirm(f"Measure for at most ${found.worst_case_usd:.2f}?", err=True):
        raise RefusedError("nothing was measured", remedy="--limit and --arm measure less.")
    return Decimal(found.worst_case_usd)


def _write_chart(path: Path, result: Any) -> None:
    from tools.ladder.chart import ladder_svg

    try:
        path.write_text(ladder_svg(result), encoding="utf-8")
    except OSError as e:
        raise InputError(f"it cannot be written ({e.strerror})", where=str(path), remedy="Check the path.") from None
    click.echo(f"Chart: {path}", err=True)


def _tuned_at(given: tuple[str, ...], base: Any) -> dict[float, Any]:
    found = {}
    for text in given:
        percent, _, model = text.partition("=")
        if percent not in ("25", "50", "100") or not model:
            raise InputError("PERCENT=MODEL is wanted", where=f"--tuned-at {text}", remedy="25=A, 50=B and 100=C.")
        found[int(percent) / 100] = base.model_copy(update={"model": model})
    return found


def _curve(request: Any, given: dict[str, Any], as_json: bool) -> None:
    from tools.ladder.curve import CurveRequest, learning_curve

    tuned_at = _tuned_at(given["tuned_at"], request.tuned or request.endpoint)
    wanted = CurveRequest(ladder=request, arm=given["curve"], usd_per_label=given["usd_per_label"], tuned_at=tuned_at)
    bar = Bar()
    try:
        curve = learning_curve(wanted, bar)
    finally:
        bar.close()
    if as_json:
        emit_json(curve)
    else:
        click.echo(curve_text(curve))


def _request(dataset: Path, given: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from tools.ladder.chain import given_steps
    from tools.ladder.records import LadderRequest

    train, held_out = (dataset, given["held_out"]) if given["held_out"] else _divided(dataset, given["seed"])
    base = endpoint(given)
    free = (Decimal(0), Decimal(0))
    prices = free if given["local"] else (given["usd_in"], given["usd_out"])
    tuned_prices = free if given["tuned_local"] else (given["tuned_usd_in"], given["tuned_usd_out"])
    try:
        return LadderRequest(
            train=train,
            held_out=held_out,
            endpoint=base,
            tuned=_tuned(base, given),
            documents=given["documents"],
            chain=given_steps(given["chain"]) if given["chain"] else None,
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
            tuned_usd_per_million_prompt_tokens=tuned_prices[0],
            tuned_usd_per_million_completion_tokens=tuned_prices[1],
            budget_usd=given["budget"],
            unpriced=given["unpriced"],
            target_score=given["target"],
            **({"guardrails": [g for g in given["guardrails"] if g != "none"]} if given["guardrails"] else {}),
        )
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        option = {"arms": "arm", "budget_usd": "budget"}.get(str(first["loc"][0]), str(first["loc"][0]))
        raise InputError(first["msg"], where=f"--{option}", remedy="See --help.") from None


def _tuned(base: Any, given: dict[str, Any]) -> Any:
    """The tuned model's endpoint, or None."""
    if not given["tuned"]:
        return None
    if not (given["tuned_local"] or given["tuned_base_url"]):
        return base.model_copy(update={"model": given["tuned"]})
    return endpoint(
        {
            "local": given["tuned_local"],
            "model": given["tuned"],
            "base_url": given["tuned_base_url"],
            "key_env": given["tuned_key_env"],
        }
    )


def _divided(dataset: Path, seed: int) -> tuple[Path, Path]:
    """Train and held-out files of a dataset that comes as one; the same file and seed give the same files."""
    import hashlib

    from tools.dataset.records import SplitRequest
    from tools.dataset.splitting import split
    from tools.named import file_named
    from tools.workspace import folder

    digest = hashlib.sha256(file_named(dataset).read_bytes()).hexdigest()[:16]
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
        what = f"the facts cannot be read ({reason(e)})"
        raise InputError(what, where=str(file), remedy="A JSON object is wanted.") from None
    if not isinstance(own, dict):
        raise InputError("the facts are not a JSON object", where=str(file), remedy="docs/facts.md lists them.")
    return own


def _recommendation(measured: dict[str, Any], own: dict[str, Any]) -> Any:
    from agent.decide import decide
    from agent.facts import parse_facts

    return decide(parse_facts({**own, **measured}))
