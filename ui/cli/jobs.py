"""`jobs`: plan, approve, launch and watch training jobs."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.jobs_after import add_to
from ui.cli.output import USD, Bar, emit_json, json_option
from ui.cli.who import me

if TYPE_CHECKING:
    from tools.jobs.models import Job, Plan

FILE = click.Path(path_type=Path)
as_person = click.option("--as", "person", help="Who you are. Default: your name on this computer.")


@click.group()
def jobs() -> None:
    """Plan, approve, launch and watch training jobs.

    At most one paid request per approval; never a second without proof that the first does not exist.
    """


@jobs.command()
@click.argument("file", type=FILE)
@click.option("--validation", type=FILE, help="Validation file.")
@click.option(
    "--backend",
    default="local",
    show_default=True,
    help="local, openai, azure, bedrock, google, together, huggingface, ray, or wire (a base URL).",
)
@click.option("--base-model", help="Default: the backend's own.")
@click.option(
    "--technique", type=click.Choice(["sft", "dpo", "rft"]), default="sft", show_default=True, help="How it learns."
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A hyperparameter, such as n_epochs=3.")
@click.option("--epochs", type=click.IntRange(min=1), help="The same as --set n_epochs=.")
@click.option("--grader", type=FILE, help="Grader (JSON) for rft.")
@click.option("--tier", help="Azure: global, regional or developer; Together: lora or full; Hugging Face: the machine.")
@click.option("--suffix", help="A word in the name of the tuned model.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the order of the rows.")
@click.option("--months", "horizon_months", type=click.IntRange(min=0), help="How long the model is to be used.")
@click.option(
    "--repeat", type=click.IntRange(min=0), default=0, help="Launch the same plan again, on purpose: 1, 2, ..."
)
@json_option
def plan(
    file: Path, validation: Path | None, settings: tuple[str, ...], epochs: int | None, grader: Path | None,
    as_json: bool, **options: Any,
) -> int:  # fmt: skip
    """Propose a job on FILE. Exit status: 0 it can be approved, 1 something stands against it."""
    from tools.jobs.models import PlanRequest
    from tools.jobs.plan import propose
    from ui.cli import jobs_text

    hyperparameters: dict[str, Any] = dict(_pair(s) for s in settings)
    if epochs is not None:
        hyperparameters["n_epochs"] = epochs
    given = {k: v for k, v in options.items() if v is not None}
    request = PlanRequest(
        training_file=file, validation_file=validation, hyperparameters=hyperparameters,
        grader=_json(grader) if grader else None, **given,
    )  # fmt: skip
    bar = Bar()
    proposed = propose(request, bar)
    bar.close()
    if as_json:
        emit_json(jobs_text.PlanReport.of(proposed))
    else:
        jobs_text.show_plan(proposed)
    return 0 if proposed.launchable else 1


@jobs.command()
@click.argument("plan_id")
@click.option("--digest", help="For scripts: the whole digest of the plan, copied from what you have read.")
@click.option("--ceiling", type=USD, help="The most it may cost, in USD. Default: the worst case.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="For how long the approval holds.")
@click.option("--override", "overrides", multiple=True, metavar="CODE=WHY", help="Take a responsibility, in writing.")
@click.option("--comment", default="", help="Kept with the approval.")
@click.option("--reject", "rejected", is_flag=True, help="Say no instead.")
@as_person
@json_option
def approve(
    plan_id: str, digest: str | None, ceiling: Decimal | None, hours: float | None, overrides: tuple[str, ...],
    comment: str, rejected: bool, person: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Approve a plan: you see it whole, and type the first 8 characters of its digest."""
    from datetime import timedelta

    from tools.errors import InputError, RefusedError
    from tools.jobs.approval import approve as say_yes
    from tools.jobs.approval import reject
    from tools.jobs.plan import get_plan
    from tools.records.clock import now
    from ui.cli import jobs_text

    proposed = get_plan(plan_id)
    if digest is None:
        digest = _typed(proposed, rejected)
    name = person or me()
    if rejected:
        decided = reject(proposed.id, digest, name, comment)
    else:
        most = ceiling if ceiling is not None else proposed.envelope.worst_case_usd
        if most is None:
            if proposed.blockers and not overrides:
                first = min(proposed.blockers, key=lambda b: b.overridable)
                way = f'Take the responsibility in writing, with a sum: --override {first.code}="why" --ceiling USD.'
                remedy = way if first.overridable else "Mend that, then plan anew."
                raise RefusedError(first.message, where=first.code, remedy=remedy)
            raise InputError("the worst case is not known", remedy="Name a ceiling: --ceiling USD.")
        until = now() + timedelta(hours=hours) if hours else None
        why = dict(_pair(o) for o in overrides)
        decided = say_yes(proposed.id, digest, name, most, until, comment=comment, overrides=why)
    if as_json:
        emit_json(jobs_text.PlanReport.of(proposed, decided))
    else:
        jobs_text.show_decision(decided)


@jobs.command()
@click.argument("plan_id")
@click.option("--retry", is_flag=True, help="After a clear refusal by the provider: ask once more.")
@as_person
@json_option
def launch(plan_id: str, retry: bool, person: str | None, as_json: bool) -> int:
    """Launch an approved plan. Said again, it shows the job that is there. Exit status: 1 there is no job."""
    from tools.jobs import view
    from tools.jobs.launcher import launch as send
    from tools.jobs.plan import get_plan
    from ui.cli import jobs_text

    bar = Bar()
    job = send(get_plan(plan_id).id, person=person or me(), retry=retry, progress=bar)
    bar.close()
    if as_json:
        emit_json(view.report(job.id))
    else:
        jobs_text.show_job(job)
    return 0 if job.state in ("CONFIRMED", "UNKNOWN") else 1


@jobs.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The newest so many.")
@click.option("--plans", is_flag=True, help="Plans instead, launched or not.")
@json_option
def list_(limit: int, plans: bool, as_json: bool) -> None:
    """All jobs, the newest first."""
    from tools.jobs import view
    from tools.jobs.plan import list_plans
    from ui.cli import jobs_text

    if plans:
        proposed = list_plans(limit=limit)
        return emit_json(jobs_text.PlanList(plans=proposed)) if as_json else jobs_text.show_plans(proposed)
    found = view.list_jobs(limit=limit)
    if as_json:
        emit_json(jobs_text.JobList(jobs=[view.report(j.id) for j in found]))
    else:
        jobs_text.show_jobs(found)


@jobs.command()
@click.argument("job_id")
@json_option
def show(job_id: str, as_json: bool) -> None:
    """One job with its events, metrics and what its curves show; or a plan that is not launched."""
    from tools.errors import NotFoundError
    from tools.jobs import monitor, view
    from tools.jobs.approval import list_approvals
    from tools.jobs.plan import get_plan
    from ui.cli import jobs_text

    try:
        job = view.get(job_id)
    except NotFoundError:
        if not job_id.startswith("plan_"):
            raise
        proposed = get_plan(job_id)
        if as_json:
            return emit_json(jobs_text.PlanReport.of(proposed))
        jobs_text.show_plan(proposed)
        return jobs_text.show_decisions(list_approvals(proposed.id))
    monitor.visit_once(job.id)
    report = view.report(job.id)
    return emit_json(report) if as_json else jobs_text.show_report(report)


@jobs.command()
@click.argument("job_id")
@json_option
def watch(job_id: str, as_json: bool) -> int:
    """Follow a job to its end: progress on standard error. Exit status: 0 it succeeded, 1 it did not."""
    from tools.jobs import monitor, view
    from ui.cli import jobs_text

    job = view.get(job_id)
    step, message = None, ""
    for update in monitor.watch(job.id):
        step = jobs_text.show_update(update, step, message)
        job = update.job
        message = job.message
    report = view.report(job.id)
    if as_json:
        emit_json(report)
    else:
        jobs_text.show_report(report)
    return 0 if job.status == "succeeded" else 1


@jobs.command()
@click.argument("job_id")
@as_person
@json_option
def cancel(job_id: str, person: str | None, as_json: bool) -> None:
    """End a job before its time."""
    from tools.jobs import monitor, view
    from ui.cli import jobs_text

    job: Job = monitor.cancel(view.get(job_id).id, person=person or me())
    if as_json:
        emit_json(view.report(job.id))
    else:
        jobs_text.show_job(job)


@jobs.command()
@click.argument("plan_id")
@click.option(
    "--as",
    "form",
    type=click.Choice(["trl", "axolotl", "llamafactory", "fireworks"]),
    required=True,
    help="For which tool.",
)
@click.option("--out", type=FILE, required=True, help="Folder for the files; nothing in it is overwritten.")
@click.option("--base-model", help="A hub name or folder in place of the plan's base.")
@json_option
def export(plan_id: str, form: Any, out: Path, base_model: str | None, as_json: bool) -> None:
    """Write a plan for another tool, with its data beside it."""
    from tools.jobs.export import export as write

    report = write(plan_id, form, out, base_model=base_model)
    if as_json:
        emit_json(report)
        return
    click.echo(f"Wrote {', '.join(report.files)} to {out}.")
    for note in report.notes:
        click.echo(f"  {note}")
    click.echo(f"Run in that folder: {report.run_with}")


@jobs.command()
@click.argument("job_id")
@click.option("--adopt", metavar="PROVIDER_JOB_ID", help="It is this job at the provider.")
@click.option("--not-created", is_flag=True, help="No job was created.")
@click.option("--gone", is_flag=True, help="Contact was lost, and it is gone there. Needs --billed.")
@click.option("--billed", type=USD, help="What the provider billed for it, in USD; 0 if nothing.")
@click.option("--why", required=True, help="How you know, in a sentence.")
@as_person
def resolve(
    job_id: str, adopt: str | None, not_created: bool, gone: bool, billed: Decimal | None, why: str, person: str | None
) -> None:
    """Settle what cannot be found out: a launch whose answer was lost, or a job with which contact was lost.

    You look at the provider and say what you saw; it stands in the ledger with your name. Nothing is sent by it.
    """
    from tools.errors import InputError
    from tools.jobs import lost, reconcile, view
    from ui.cli import jobs_text

    job_id = view.get(job_id).id
    if gone and (adopt or not_created):
        raise InputError("--gone is said alone", remedy="--gone --billed USD --why HOW_YOU_KNOW")
    if gone != (billed is not None):
        raise InputError("--gone and --billed belong together", remedy="--gone --billed 0 if nothing was billed.")
    if billed is not None:
        lost.gone(job_id, person or me(), billed_usd=billed, why=why)
    else:
        reconcile.resolve(job_id, person or me(), adopt=adopt, not_created=not_created, why=why)
    jobs_text.show_job(view.get(job_id))


@jobs.command("next")
@click.argument("job_id")
@json_option
def next_(job_id: str, as_json: bool) -> int:
    """What to try next after a job, as a plan with one change. Exit status: 1 no setting should be changed."""
    from tools.errors import RefusedError
    from tools.jobs import view
    from tools.jobs.next_plan import suggest
    from tools.jobs.plan import propose
    from ui.cli import jobs_text

    report = view.report(view.get(job_id).id)
    if not report.metrics:
        remedy = f"Where it stands: finetune-advisor jobs show {report.id}"
        raise RefusedError("there is no curve to read: nothing was measured in this job", remedy=remedy)
    found = suggest(report.id)
    proposed = propose(found.request) if found.request else None
    if as_json:
        emit_json(jobs_text.NextReport(next=found, plan=proposed))
    else:
        jobs_text.show_next(found, proposed)
    return 0 if proposed else 1


@jobs.command()
@click.argument("file", type=FILE)
@json_option
def curve(file: Path, as_json: bool) -> None:
    """Read a results CSV (step, train_loss, valid_loss): what the curves show, with the evidence."""
    from tools.jobs import curves
    from ui.cli import jobs_text

    read = curves.read(curves.read_file(file))
    if as_json:
        emit_json(read)
    else:
        jobs_text.show_curve(read)


add_to(jobs)


def _typed(proposed: "Plan", rejected: bool) -> str:
    """The digest, after a person at a terminal has read the plan and typed its beginning."""
    import sys

    from tools.errors import InputError, RefusedError
    from ui.cli import jobs_text

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(
            "an approval is a person's: there is no terminal to ask at",
            remedy=f"A person who has read the plan may give --digest {'.' * 3} with its 64 characters.",
        )
    jobs_text.show_plan(proposed, err=True)
    worst = proposed.envelope.worst_case_usd
    act = "reject it" if rejected else f"spend up to {worst} USD" if worst else "launch it"
    said = click.prompt(f"To {act}, type the first 8 characters of the digest", err=True)
    if said.strip().lower() != proposed.plan_digest[:8]:
        raise RefusedError("that is not the beginning of this plan's digest", remedy="Nothing was approved.")
    return proposed.plan_digest


def _pair(text: str) -> tuple[str, str]:
    from tools.errors import InputError

    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(f"{text!r} is not NAME=VALUE", remedy="For example: n_epochs=3.")
    return name.strip(), value.strip()


def _json(path: Path) -> dict[str, Any]:
    import json

    from tools.errors import InputError
    from tools.named import reason

    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(f"cannot be read as JSON ({reason(e)})", where=str(path), remedy="Check the path.") from None
    if not isinstance(value, dict):
        raise InputError("holds no JSON object", where=str(path), remedy="A grader is one object in braces.")
    return value
