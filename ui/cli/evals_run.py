"""`evals run`: measure a model on a held-out file."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tools.errors import InputError
from ui.cli.output import Bar, emit_json, json_option


@click.command("run")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--model", help="Model to measure; without it, ADVISOR_MODEL.")
@click.option("--base-url", help="OpenAI-compatible address; without it, ADVISOR_BASE_URL.")
@click.option(
    "--key-env", help="Environment variable that holds the key; without it, ADVISOR_API_KEY or OPENAI_API_KEY."
)
@click.option("--local", is_flag=True, help="Measure a model of the local engine.")
@click.option("--grader", help="label, exact, numeric, json, ... or JSON; without it, the one the data suggests.")
@click.option("--system", help="Instructions to use in place of the file's own; @FILE reads them from a file.")
@click.option("--few-shot", type=click.Path(path_type=Path), help="Training file to take examples from.")
@click.option("-k", "shots", default=5, show_default=True, type=click.IntRange(1, 200), help="How many examples.")
@click.option("--seed", default=0, show_default=True, help="Seed of their choice.")
@click.option("--as", "name", help="Name of the eval.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many samples.")
@click.option("--max-tokens", type=click.IntRange(1), help="The most one completion may have.")
@click.option("--parallel", type=click.IntRange(1, 64), help="Requests at a time.")
@click.option("--usd-in", type=Decimal, help="US dollars per million prompt tokens, to reckon the cost.")
@click.option("--usd-out", type=Decimal, help="US dollars per million completion tokens.")
@json_option
def run_(dataset: Path, as_json: bool, **given: Any) -> None:
    """Ask a model for every sample of DATASET and score what comes back.

    Stop it at any time: the same command goes on where it was, and nothing is asked twice.
    """
    from tools.evals.run import RunRequest, run

    free = {"usd_per_million_prompt_tokens": Decimal(0), "usd_per_million_completion_tokens": Decimal(0)}
    priced = {"usd_per_million_prompt_tokens": given["usd_in"], "usd_per_million_completion_tokens": given["usd_out"]}
    bar = Bar()
    try:
        request = RunRequest(
            dataset=dataset,
            endpoint=_endpoint(given),
            grader=_grader(given["grader"], dataset),
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
    from ui.cli.evals import eval_line

    click.echo(eval_line(result))
    click.echo(f"{result.asked} completions asked for, {result.reused} known from before", err=True)
    if result.rejected:
        click.echo(f"{result.rejected} samples were refused by the endpoint and have no score", err=True)
    if result.truncated:
        click.echo(f"{result.truncated} completions were cut off at the token limit (--max-tokens)", err=True)
    return None


def _endpoint(given: dict[str, Any]) -> Any:
    from pydantic import SecretStr

    from tools.endpoint import Endpoint

    model = given["model"] or os.environ.get("ADVISOR_MODEL")
    if given["local"]:
        from tools.engine import control, paths

        engine = control.ensure_running()
        return Endpoint(
            base_url=engine.base_url,
            model=given["model"] or paths.DEFAULT_MODEL,
            api_key=engine.token,
            name="local-engine",
        )
    base_url = given["base_url"] or os.environ.get("ADVISOR_BASE_URL")
    if not base_url or not model:
        raise InputError(
            "no model to measure is set",
            remedy="Give --model and --base-url (or ADVISOR_MODEL and ADVISOR_BASE_URL), or --local.",
        )
    names = (given["key_env"],) if given["key_env"] else ("ADVISOR_API_KEY", "OPENAI_API_KEY")
    key = next((os.environ[n] for n in names if os.environ.get(n)), None)
    if given["key_env"] and not key:
        raise InputError("the variable is not set", where=given["key_env"], remedy="Set it to the endpoint's key.")
    return Endpoint(base_url=base_url, model=model, api_key=SecretStr(key or "none"))


def _grader(given: str | None, dataset: Path) -> Any:
    from tools.evals.graders import parse_grader

    if given and given != "label":
        return parse_grader(given)
    from tools.evals.graders.propose import propose_grader

    proposal = propose_grader(dataset)
    if given:
        return proposal.grader if proposal.kind == "labels" else parse_grader(given)
    if proposal.grader is None:
        raise InputError(
            "no rule can score these targets: they are free text",
            where=dataset.name,
            remedy="Choose one with --grader; similarity measures how alike the words are, which is not quality.",
        )
    click.echo(f"Grader: {proposal.grader.type}. {proposal.why}", err=True)
    return proposal.grader


def _prompt(given: dict[str, Any]) -> Any:
    from tools.evals.prompts import AsIs, FewShot, Instructions

    text = given["system"]
    if text and text.startswith("@"):
        file = Path(text[1:])
        if not file.is_file():
            raise InputError("there is no such file", where=str(file), remedy="Check the path after @.")
        text = file.read_text(encoding="utf-8")
    if given["few_shot"]:
        return FewShot(train=given["few_shot"], k=given["shots"], seed=given["seed"], text=text)
    return Instructions(text=text) if text else AsIs()
