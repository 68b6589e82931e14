"""`distill`: a teacher's answers to your prompts, filtered, as a dataset for a smaller student."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tools.errors import InputError
from tools.named import reason
from ui.cli.measuring import endpoint, endpoint_options, grader, text_or_file
from ui.cli.output import USD, Bar, emit_json, json_option

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("prompts", type=FILE)
@click.option("--out", type=FILE, help="Dataset to write. Default: PROMPTS with .distilled before its ending.")
@endpoint_options
@click.option("--system", help="Instructions for the teacher alone; @FILE reads them from a file.")
@click.option("--examples", type=FILE, help="Training file: for each prompt the teacher sees its nearest examples.")
@click.option("-k", "shots", default=5, show_default=True, type=click.IntRange(1, 200), help="How many.")
@click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="The longest answer.")
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.0, show_default=True, help="Of the teacher.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many prompts.")
@click.option("--parallel", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at a time.")
@click.option("--budget", type=USD, help="The most it may cost now, US dollars.")
@click.option("--budget-tokens", type=click.IntRange(1), help="The most tokens it may use now, both ways together.")
@click.option("--usd-in", type=USD, help="The teacher's price: US dollars per million prompt tokens.")
@click.option("--usd-out", type=USD, help="US dollars per million completion tokens.")
@click.option("--most-characters", type=click.IntRange(1), help="Drop longer answers.")
@click.option("--schema", type=FILE, help="Drop answers that are not JSON of this schema.")
@click.option(
    "--grader", help="Drop answers that do not agree with the file's own: label, exact, numeric, ... or JSON."
)
@click.option("--least-score", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="For --grader.")
@click.option("--judge", help="Model at the same address that marks each answer from 1 to 5.")
@click.option("--judge-criteria", help="What makes an answer good.")
@click.option("--least-mark", type=click.IntRange(1, 5), default=4, show_default=True, help="For --judge.")
@click.option("--judge-usd-in", type=USD, help="The judge's price per million prompt tokens.")
@click.option("--judge-usd-out", type=USD, help="The judge's price per million completion tokens.")
@click.option("--accept-terms", is_flag=True, help="You have read the terms of teacher and judge and accept them.")
@click.option("--terms", help="Which terms you read: title, version or date, address.")
@click.option("--terms-file", type=FILE, help="The terms themselves; their digest is recorded.")
@click.option("--as", "person", help="Who you are. Default: your name on this computer.")
@click.option(
    "--plan", "only_plan", is_flag=True, help="Say what would be asked for and cost, and stop. Sends nothing."
)
@json_option
def distill(prompts: Path, as_json: bool, only_plan: bool, **given: Any) -> None:
    """Ask a teacher for the answers to PROMPTS and keep the good ones as a training file.

    Stop it at any time: the same command goes on where it was, and nothing is asked twice.
    """
    from tools.distillation import terms
    from tools.distillation.collect import collect, plan

    request = _request(prompts, given)
    found = plan(request)
    if only_plan:
        if as_json:
            emit_json(found)
        else:
            click.echo(plan_text(found))
        return
    click.echo(plan_text(found, accepting=given["accept_terms"]), err=True)
    if given["accept_terms"]:
        parties = [request.teacher] + ([request.filters.judge.endpoint] if request.filters.judge else [])
        for party in parties:
            terms.accept(party, request.person, terms=given["terms"], text=given["terms_file"])
    bar = Bar()
    try:
        result = collect(request, bar)
    finally:
        bar.close()
    if as_json:
        emit_json(result)
        return
    click.echo(f"{result.rows} rows to learn from: {result.out}")
    if result.dropped:
        reasons = ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in result.dropped.items())
        click.echo(f"Dropped: {reasons}. They stand in {result.dropped_file}.")
    click.echo(f"{result.asked} requests now, {result.reused} answers from before; cost now: {cost_text(result)}.")
    click.echo(f"Next: finetune-advisor lint {result.out}")


def cost_text(result: Any) -> str:
    """What it cost now, of a DistilResult or a RaftResult; what is not known is said with its most."""
    if result.cost_usd is not None:
        return f"${result.cost_usd:.4f}"
    most = "" if result.cost_at_most_usd is None else f", at most ${result.cost_at_most_usd:.4f}"
    lost = f" ({result.lost} requests got no answer and may be billed)" if result.lost else ""
    return f"unknown{most}{lost}"


def plan_text(found: Any, *, accepting: bool = False) -> str:
    """The plan as a person reads it."""
    usd = "unknown" if found.worst_case_usd is None else f"${found.worst_case_usd:.4f}"
    judged = f", up to {found.judge_requests} to the judge" if found.judge_requests else ""
    agreed = "accepted" if found.terms_accepted or accepting else "not accepted yet: --accept-terms"
    return (
        f"{found.prompts} prompts: {found.known} answered before, {found.requests} requests to the teacher{judged}.\n"
        f"At most {found.most_tokens:,} tokens; cost at most: {usd}.\n{found.terms}\nTerms: {agreed}."
    )


def _request(prompts: Path, given: dict[str, Any]) -> Any:
    from tools.distillation.records import DistilRequest, Filters, Judge
    from tools.evals.prompts import AsIs, Instructions, Nearest
    from ui.cli.who import me

    teacher = endpoint(given)
    free = given["local"]
    text = text_or_file(given["system"])
    prompt: AsIs | Instructions | Nearest = AsIs()
    if given["examples"]:
        prompt = Nearest(train=given["examples"], k=given["shots"], text=text)
    elif text:
        prompt = Instructions(text=text)
    judge = None
    if given["judge"]:
        more = {"criteria": given["judge_criteria"]} if given["judge_criteria"] else {}
        judge = Judge(
            endpoint=teacher.model_copy(update={"model": given["judge"]}),
            least=given["least_mark"],
            usd_per_million_prompt_tokens=Decimal(0) if free else given["judge_usd_in"],
            usd_per_million_completion_tokens=Decimal(0) if free else given["judge_usd_out"],
            **more,
        )
    return DistilRequest(
        prompts=prompts,
        out=given["out"] or prompts.with_name(f"{prompts.stem}.distilled.jsonl"),
        teacher=teacher,
        prompt=prompt,
        filters=Filters(
            most_characters=given["most_characters"],
            json_schema=_schema(given["schema"]) if given["schema"] else None,
            grader=grader(given["grader"], prompts) if given["grader"] else None,
            least_score=given["least_score"],
            judge=judge,
        ),
        person=given["person"] or me(),
        limit=given["limit"],
        max_tokens=given["max_tokens"],
        temperature=given["temperature"],
        parallel=given["parallel"],
        usd_per_million_prompt_tokens=Decimal(0) if free else given["usd_in"],
        usd_per_million_completion_tokens=Decimal(0) if free else given["usd_out"],
        budget_usd=given["budget"],
        budget_tokens=given["budget_tokens"],
    )


def _schema(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(
            f"the schema cannot be read ({reason(e)})", where=str(file), remedy="A JSON file is wanted."
        ) from None
    if not isinstance(found, dict):
        raise InputError("the schema is no JSON object", where=str(file), remedy="A JSON schema is wanted.")
    return found
