"""`raft`: documents and questions as rows that teach to answer from the right passage, and to quote it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tools.errors import InputError
from ui.cli.measuring import endpoint, endpoint_options
from ui.cli.output import USD, Bar, emit_json, json_option

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("documents", nargs=-1, required=True, type=FILE)
@click.option("--out", type=FILE, required=True, help="Folder for train.jsonl, held_out.jsonl and raft.json.")
@click.option("--questions", type=FILE, help="JSON Lines of question, answer, document and, where known, evidence.")
@click.option("--teacher", is_flag=True, help="Have questions and answers written by the model that is named below.")
@endpoint_options
@click.option("--each", type=click.IntRange(1, 20), default=3, show_default=True, help="Questions a passage.")
@click.option("--budget", type=USD, help="The most the teacher may cost now, US dollars.")
@click.option("--budget-tokens", type=click.IntRange(1), help="The most tokens it may use now.")
@click.option("--usd-in", type=USD, help="The teacher's price: US dollars per million prompt tokens.")
@click.option("--usd-out", type=USD, help="US dollars per million completion tokens.")
@click.option("--accept-terms", is_flag=True, help="You have read the teacher's terms of use and accept them.")
@click.option("--terms", help="Which terms you read: title, version or date, address.")
@click.option("--as", "person", help="Who you are. Default: your name on this computer.")
@click.option("-p", "--golden-share", type=click.FloatRange(0, 1), help="Share of rows that hold the right passage.")
@click.option("--distractors", type=click.IntRange(0, 20), help="Wrong passages beside it.")
@click.option("--passage-words", type=click.IntRange(20, 2000), help="The longest passage.")
@click.option(
    "--held-out", "held_out_share", type=click.FloatRange(0, 0.9), help="Share of documents never trained on."
)
@click.option(
    "--without-golden",
    type=click.Choice(["answer", "decline"]),
    default="answer",
    show_default=True,
    help="What a row without the right passage teaches: the answer (as in the paper), or to say it is not there.",
)
@click.option("--any-distractors", is_flag=True, help="Draw distractors, instead of those most like the question.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same rows.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what the teacher would be asked for and cost, and stop.")
@json_option
def raft(documents: tuple[Path, ...], as_json: bool, only_plan: bool, **given: Any) -> None:
    """Make RAFT rows from DOCUMENTS (.txt, .md, .jsonl, or folders of them)."""
    from tools.distillation import terms
    from tools.raft.make import make, plan

    request = _request(documents, given)
    if request.teacher is not None:
        text = _plan_text(plan(request), accepting=given["accept_terms"] and not only_plan)
        click.echo(text, err=not only_plan)
        if only_plan:
            return
        if given["accept_terms"]:
            terms.accept(request.teacher.endpoint, request.teacher.person, terms=given["terms"])
    bar = Bar()
    try:
        result = make(request, bar)
    finally:
        bar.close()
    if as_json:
        emit_json(result)
        return
    share = result.rows_with_golden / result.train_rows
    click.echo(f"{result.documents} documents, {result.passages} passages.")
    click.echo(f"{result.train}: {result.train_rows} rows, {share:.0%} with the right passage.")
    if result.held_out:
        held = len(result.held_out_documents)
        click.echo(f"{result.held_out}: {result.held_out_rows} rows about {held} documents that training never sees.")
    if result.dropped:
        click.echo("Dropped: " + ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in result.dropped.items()) + ".")
    if result.short_of_distractors:
        click.echo(f"{result.short_of_distractors} rows have fewer distractors: the others hold the answer.")
    if result.terms is not None:
        from ui.cli.distill import cost_text

        click.echo(f"The teacher's cost now: {cost_text(result)}.")
    click.echo(f"The longest row has {result.longest_words:,} words. Next: finetune-advisor lint {result.train}")


def _request(documents: tuple[Path, ...], given: dict[str, Any]) -> Any:
    from tools.raft.records import RaftRequest, Teacher
    from ui.cli.who import me

    if bool(given["questions"]) == given["teacher"]:
        raise InputError("questions come from a file or from a teacher", remedy="Give --questions FILE or --teacher.")
    teacher = None
    if given["teacher"]:
        teacher = Teacher(
            endpoint=endpoint(given),
            person=given["person"] or me(),
            questions=given["each"],
            usd_per_million_prompt_tokens=Decimal(0) if given["local"] else given["usd_in"],
            usd_per_million_completion_tokens=Decimal(0) if given["local"] else given["usd_out"],
            budget_usd=given["budget"],
            budget_tokens=given["budget_tokens"],
        )
    named = ("golden_share", "distractors", "passage_words", "held_out_share")
    return RaftRequest(
        documents=documents,
        out=given["out"],
        questions=given["questions"],
        teacher=teacher,
        without_golden=given["without_golden"],
        hard=not given["any_distractors"],
        seed=given["seed"],
        **{name: given[name] for name in named if given[name] is not None},
    )


def _plan_text(found: Any, *, accepting: bool) -> str:
    cost = "unknown" if found.worst_case_usd is None else f"${found.worst_case_usd:.4f}"
    stand = "accepted" if found.terms_accepted or accepting else "not accepted yet: --accept-terms"
    return (
        f"{found.passages} passages: at most {found.requests} requests, {found.most_tokens:,} tokens; "
        f"cost at most: {cost}.\n{found.terms}\nTerms: {stand}."
    )
