"""`jobs pause`, `resume`, `ask`, `score`, `deploy`, `notices` and `bundle`: what comes after a launch."""

from pathlib import Path

import click

from ui.cli.output import Bar, emit_json, json_option

as_person = click.option("--as", "person", help="Who you are. Default: your name on this computer.")


def add_to(jobs: click.Group) -> None:
    """Put these commands into the group."""
    for command in (pause, resume, ask, score, deploy, notices, bundle):
        jobs.add_command(command)


@click.command()
@click.argument("job_id")
@as_person
@json_option
def pause(job_id: str, person: str | None, as_json: bool) -> None:
    """Let a running job wait, where its provider can."""
    _wish("pause", job_id, person, as_json)


@click.command()
@click.argument("job_id")
@as_person
@json_option
def resume(job_id: str, person: str | None, as_json: bool) -> None:
    """Let a paused job go on: it costs money again, within its plan."""
    _wish("resume", job_id, person, as_json)


def _wish(wish: str, job_id: str, person: str | None, as_json: bool) -> None:
    from tools.jobs import monitor, view
    from ui.cli import jobs_text
    from ui.cli.who import me

    job = getattr(monitor, wish)(view.get(job_id).id, person=person or me())
    if as_json:
        emit_json(view.report(job.id))
    else:
        jobs_text.show_job(job)


STEP = "A checkpoint, by its step. Default: the one that validation loss proposes, else the end."


@click.command()
@click.argument("job_id")
@click.argument("text")
@click.option("--image", type=click.Path(path_type=Path), help="An image to ask about, where the base reads images.")
@click.option("--step", type=click.IntRange(min=1), help=STEP)
@json_option
def ask(job_id: str, text: str, image: Path | None, step: int | None, as_json: bool) -> None:
    """Put one TEXT (- reads standard input) to a job's base and its tuned model: both answers, and how they differ."""
    import sys

    from tools.jobs import view
    from tools.jobs.both import ask_both
    from ui.cli import jobs_text

    bar = Bar()
    try:
        asked = sys.stdin.read() if text == "-" else text
        found = ask_both(view.get(job_id).id, asked, step=step, image=image, progress=bar)
    finally:
        bar.close()
    if as_json:
        emit_json(found)
    else:
        jobs_text.show_both(found)


@click.command()
@click.argument("job_id")
@click.argument("held_out", type=click.Path(path_type=Path))
@click.option("--grader", "given", help="As for evals run; without it, the one the data suggests.")
@click.option("--train", type=click.Path(path_type=Path), help="Training file: a prompt with examples is measured too.")
@click.option("--step", type=click.IntRange(min=1), help=STEP)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many samples.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="The most one completion may have.")
@json_option
def score(
    job_id: str, held_out: Path, given: str | None, train: Path | None, step: int | None, limit: int | None,
    max_tokens: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Score a job's base and its tuned model on HELD_OUT, and compare them in pairs."""
    from tools.engine.control import endpoint
    from tools.evals.versus import VersusRequest, base_against_tuned
    from tools.jobs import both, view
    from ui.cli.comparison import comparison_text
    from ui.cli.measuring import grader

    job, plan = both.tuned_here(view.get(job_id).id)
    at, model = both.candidate(job, step)
    bar = Bar()
    try:
        tuned = endpoint(bar, model)
        base = endpoint(bar, both.base_of(plan))
        request = VersusRequest(
            held_out=held_out, base=base, tuned=tuned, grader=grader(given, held_out), train=train, limit=limit,
            max_tokens=max_tokens, name=f"{held_out.stem}-{model}" + (f"-first-{limit}" if limit else ""),
        )  # fmt: skip
        found = base_against_tuned(request, bar)
    finally:
        bar.close()
    if as_json:
        return emit_json(found)
    which = "as it ended" if at is None else f"the checkpoint of step {at}, which validation loss proposes"
    click.echo(f"base {base.model} ({found.baseline}) against {model}, {which if step is None else f'step {step}'}")
    return click.echo(comparison_text(found.comparison, 5))


@click.command()
@click.argument("job_id")
@click.option("--made", metavar="NAME", help="Record that you deployed it under this name: you are reminded each day.")
@click.option("--gone", is_flag=True, help="Record that the deployment was deleted.")
@as_person
@json_option
def deploy(job_id: str, made: str | None, gone: bool, person: str | None, as_json: bool) -> None:
    """How to put the tuned model to work, what it costs by the hour, and how to go back. Nothing is done for you."""
    from tools.errors import InputError
    from tools.jobs import view
    from tools.jobs.deployment import record, ways
    from tools.jobs.plan import get_plan
    from ui.cli import jobs_text
    from ui.cli.who import me

    if made and gone:
        raise InputError("say either --made or --gone")
    job = view.get(job_id)
    if made:
        record.made(job.id, made, person=person or me())
    if gone:
        record.gone(job.id, person=person or me())
    told = ways.guidance(job, get_plan(job.plan_id))
    if as_json:
        emit_json(told)
    else:
        jobs_text.show_guidance(told, view.report(job.id).deployment)


@click.command()
@click.option("--test", is_flag=True, help="Send a test to every address.")
def notices(test: bool) -> int:
    """Where milestones of jobs are sent. Exit status: 1 an address did not take the test."""
    from tools.jobs.notices import settings

    found = settings.read()
    places = f"{len(found.to)} address{'' if len(found.to) == 1 else 'es'}" if found.to else "nowhere"
    click.echo(f"Milestones ({', '.join(found.milestones)}) are sent to {places}: {settings.FILE} in the home folder.")
    if not test or not found.to:
        return 0
    from tools.jobs.notices.send import send

    failed = send("A test: this is where milestones of your jobs will arrive.", found.to)
    for number in failed:
        click.echo(f"Address {number} did not take it.", err=True)
    return 1 if failed else 0


@click.command()
@click.argument("job_id")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder; nothing in it is overwritten.")
@json_option
def bundle(job_id: str, out: Path, as_json: bool) -> None:
    """Write a finished job as one folder: adapter, card and results to share; apart, what names people and folders."""
    from tools.jobs.export.bundle import bundle as write
    from ui.bundle import page_of

    made = write(job_id, out)
    page = page_of(job_id, out)
    if as_json:
        emit_json(made)
        return
    for name in (*made.files, *page):
        click.echo(str(out / name))
    for note in made.notes:
        click.echo(note, err=True)
