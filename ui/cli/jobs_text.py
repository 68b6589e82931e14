"""Plans and jobs for people: readable in half a minute, the sum and the danger first."""

from decimal import Decimal
from typing import Any

import click
from pydantic import BaseModel

from tools.jobs import PROMISE, curves
from tools.jobs.both import BothAnswers
from tools.jobs.checks import LOCAL_ENGINE
from tools.jobs.deployment.ways import Guidance
from tools.jobs.models import GONE, Approval, Deployment, Job, JobReport, Plan
from tools.jobs.monitor import Update
from tools.jobs.next_plan import NextPlan


class PlanReport(BaseModel):
    """What `jobs plan --json` and `jobs approve --json` print."""

    id: str
    status: str
    plan_digest: str
    provider_job_id: None = None
    events: tuple[()] = ()
    metrics: tuple[()] = ()
    launchable: bool
    plan: Plan
    approval: Approval | None = None

    @classmethod
    def of(cls, plan: Plan, approval: Approval | None = None) -> "PlanReport":
        """The report of a plan, and of what was decided about it."""
        status = approval.decision if approval else plan.status
        return cls(
            id=plan.id,
            status=status,
            plan_digest=plan.plan_digest,
            launchable=plan.launchable,
            plan=plan,
            approval=approval,
        )


class JobList(BaseModel):
    """What `jobs list --json` prints."""

    jobs: list[JobReport]


class NextReport(BaseModel):
    """What `jobs next --json` prints."""

    next: NextPlan
    plan: Plan | None


def show_next(found: NextPlan, proposed: Plan | None) -> None:
    """What changed and why, then the plan."""
    click.secho(found.first, bold=True)
    if found.change is None or proposed is None:
        click.echo("The curves give no reason to change a setting.")
        for text in found.advice:
            click.echo(f"  {text}")
        return
    c = found.change
    click.echo(f"If it is not good enough: {c.name} {c.before} -> {c.after}, because {c.why}.")
    click.echo(f"  seen in: {'; '.join(c.seen_in)}\n")
    show_plan(proposed)


def show_plan(plan: Plan, *, err: bool = False) -> None:
    """The whole plan."""

    def say(text: str = "", **style: Any) -> None:
        click.secho(text, err=err, **style)

    e = plan.envelope
    say(f"{plan.id}: {e.technique} of {e.base_model} on {e.backend} ({e.account})", bold=True)
    rows = f"{e.training.rows:,} train"
    if e.validation:
        rows += f" / {e.validation.rows:,} validation"
    tokens = f", {e.training.tokens:,} tokens an epoch" if e.training.tokens is not None else ""
    say(f"  data       {rows}{tokens}  ({plan.training_name}, sha256 {e.training.sha256[:12]}...)")
    say(f"  cost       {_cost(plan)}", bold=True)
    for note in plan.price_notes:
        say(f"             {note}", dim=True)
    if plan.minutes_low is not None and plan.minutes_high is not None:
        say(f"  time       {_about(plan.minutes_low)} to {_about(plan.minutes_high)} minutes")
    say(f"             {plan.time_note}", dim=True)
    if e.tier:
        say(f"  tier       {e.tier}")
    for i, p in enumerate(plan.hyperparameters):
        say(f"  {'settings' if i == 0 else '':<10} {p.name} {p.value}  ({p.origin}: {p.rule})")
    say(f"  lifetime   {plan.lifetime}")
    for i, text in enumerate(plan.measured_after):
        say(f"  {'after' if i == 0 else '':<10} {text}")
    for i, rule in enumerate(plan.stop_rules):
        say(f"  {'stops' if i == 0 else '':<10} {rule.rule}")
    for i, text in enumerate(plan.warnings):
        say(f"  {'warnings' if i == 0 else '':<10} {text}", fg="yellow")
    for blocker in plan.blockers:
        how = f'  (--override {blocker.code}="why" when approving)' if blocker.overridable else ""
        say(f"  against it {blocker.message}{how}", fg="red")
    say(f"  digest     {plan.plan_digest}")
    if plan.launchable:
        say(f"\nNext: finetune-advisor jobs approve {plan.id}")
    say(PROMISE, dim=True)


def show_decision(approval: Approval) -> None:
    """What was decided."""
    if approval.decision == "rejected":
        click.echo(f"{approval.person} rejected {approval.plan_id}.")
        return
    click.echo(
        f"{approval.person} approved {approval.plan_id} up to {approval.ceiling_usd} USD, "
        f"until {approval.expires_at:%Y-%m-%d %H:%M} UTC, for one launch."
    )
    click.echo(f"Next: finetune-advisor jobs launch {approval.plan_id}")


def show_job(job: Job) -> None:
    """One job on a few lines."""
    click.secho(f"{job.id}: {job.status}", bold=True, nl=False)
    click.echo(f"  {job.technique} of {job.base_model} on {job.backend}, {job.provider_job_id or 'no job there'}")
    if job.provider_status and job.provider_status != job.status:
        click.echo(f"  the provider says: {job.provider_status}")
    if job.message:
        click.echo(f"  {job.message}")
    if job.fine_tuned_model:
        click.echo(f"  tuned model: {job.fine_tuned_model}")
    if job.cancel_requested and not job.finished:
        click.echo("  its end was asked for: it is sent as soon as the job is found and the provider answers")
    if step := next_step(job):
        click.echo(f"  {step}")


NEXT = {
    "UNKNOWN": "closing this is safe. Next: finetune-advisor jobs watch {id}",
    "CONFIRMED": "closing this is safe. Next: finetune-advisor jobs watch {id}",
    "NOT_CREATED": "nothing was bought. Next: finetune-advisor jobs launch {plan}",
    "REFUSED": "mend what it names. Next: finetune-advisor jobs launch {plan} --retry; "
    "what stands in the plan itself is mended by planning anew",
}
LOST_HERE = (
    "the engine of this computer does not answer for it; finetune-advisor doctor says why. Once it does, the job is "
    "found again by itself; never found again: finetune-advisor jobs resolve {id} --gone --billed 0 --why HOW_YOU_KNOW"
)
LOST = (
    "look for {there} on the provider's own page: if it is there, it is found again by itself; gone there, it costs "
    "nothing more, and its reserve ends with: finetune-advisor jobs resolve {id} --gone --billed USD --why HOW_YOU_KNOW"
)


def next_step(job: Job) -> str:
    """What a person can do now; empty where the message itself says it, or where nothing is left to do."""
    if job.status == GONE:
        return "to train the same again, plan it as a job of its own: finetune-advisor jobs plan FILE --repeat 1"
    if job.contact_lost:
        return (LOST_HERE if job.backend in LOCAL_ENGINE else LOST).format(there=job.provider_job_id, id=job.id)
    if job.state == "CONFIRMED" and job.finished:
        return ""
    return NEXT.get(job.state, "").format(id=job.id, plan=job.plan_id)


def show_jobs(found: list[Job]) -> None:
    """A line a job."""
    if not found:
        click.echo("No jobs yet. Start with: finetune-advisor jobs plan FILE")
    for job in found:
        tuned = job.fine_tuned_model or job.message
        click.echo(
            f"{job.id}  {job.status:<16} {job.created_at:%Y-%m-%d %H:%M}  {job.backend:<7} {job.base_model}  {tuned}"
        )


def show_update(update: Update, shown_step: int | None, shown_message: str = "") -> int | None:
    """What is new, on standard error; the step that is now shown. `shown_message` is not said again."""
    for event in update.events:
        click.echo(f"{event.at:%H:%M:%S}  {event.message}", err=True)
    job = update.job
    if job.message != shown_message and not job.finished:
        click.echo(f"          {job.message or 'the provider answers again'}", err=True)
    if job.step is not None and job.step != shown_step and not job.finished and job.step != job.total_steps:
        of = f" of {job.total_steps}" if job.total_steps else ""
        click.echo(f"          step {job.step}{of}{_left(job)}", err=True)
    return job.step


def show_report(report: JobReport) -> None:
    """A job with its measurements and what they show."""
    show_job(report)
    if report.backend in LOCAL_ENGINE:
        click.echo("  cost 0 USD to a provider")
    elif report.spent_usd is not None:
        click.echo(f"  cost so far {_money(report.spent_usd)} (estimate; the provider's bill counts)")
    elif report.reserved_usd:
        click.echo(f"  cost so far unknown; reserved {_money(report.reserved_usd)}")
    for notice in report.notices:
        click.echo(f"  told {notice.at:%Y-%m-%d %H:%M} UTC: {notice.text}")
        if notice.problem:
            click.secho(f"    not sent: {notice.problem}", fg="yellow")
    if report.deployment is not None:
        show_deployment(report.deployment)
    elif report.fine_tuned_model and report.status == "succeeded":
        click.echo(f"  to put it to work: finetune-advisor jobs deploy {report.id}")
        if report.backend in LOCAL_ENGINE:
            click.echo(f"  did it help: finetune-advisor jobs score {report.id} HELD_OUT.jsonl")
    last = report.metrics[-1:]
    for metric in last:
        values = ", ".join(f"{k} {v:.4g}" for k, v in metric.model_dump(exclude={"step"}, exclude_none=True).items())
        click.echo(f"  at step {metric.step}: {values or 'nothing that is a number'}")
    if report.metrics:
        read = curves.read(report.metrics)
        show_curve(read)
        if found := curves.checkpoint_to_score(read, report.checkpoints):
            there = f"evals run HELD_OUT.jsonl --model {found[1]}"
            here = report.backend in LOCAL_ENGINE
            click.echo(
                f"  kept of step {found[0]}: finetune-advisor {f'jobs score {report.id} FILE' if here else there}"
            )


def show_deployment(deployment: Deployment) -> None:
    """What is recorded as deployed."""
    rate = deployment.usd_per_hour
    cost = "no published hourly price" if rate is None else f"{rate} USD an hour, used or not"
    click.echo(f"  deployed as {deployment.name} since {deployment.since:%Y-%m-%d %H:%M} UTC: {cost}")


def show_guidance(told: Guidance, deployed: Deployment | None) -> None:
    """How to deploy, what it costs idle, how to go back."""
    click.secho(f"{told.model} on {told.backend} (base {told.base})", bold=True)
    click.secho(f"  {_hourly(told)}", bold=True)
    when = f", checked {told.price_checked_on}" if told.price_checked_on else ""
    click.secho(f"    {told.price_source}{when}", dim=True)
    for title, steps in (("deploy", told.deploy), ("go back", told.undo)):
        for i, step in enumerate(steps):
            click.echo(f"  {title if i == 0 else '':<8} {step}")
    if told.caution:
        click.secho(f"  mind     {told.caution}", fg="yellow")
    click.secho(f"    steps: {told.source}, read {told.read_on}", dim=True)
    if deployed is not None:
        show_deployment(deployed)
        click.echo(f"  when it is deleted: finetune-advisor jobs deploy {told.job_id} --gone")
    elif told.hosting == "per_hour":
        click.echo(f"  you are reminded each day once you say: finetune-advisor jobs deploy {told.job_id} --made NAME")
    click.echo("Nothing was deployed: these are steps for a person.")


def _hourly(told: Guidance) -> str:
    if told.hosting == "own":
        return "0 USD to a provider while idle: it answers on this computer"
    if told.hosting == "per_token":
        return "0 USD while idle: paid by the token"
    if told.usd_per_hour is None:
        return "its hourly price is not published here; unknown is not 0"
    return (
        f"{told.usd_per_hour} USD an hour, used or not: idle it costs {told.idle_usd_per_day:.2f} USD a day, "
        f"{told.idle_usd_per_month:,.0f} USD a month"
    )


def show_curve(read: curves.CurveReport) -> None:
    """What a curve shows."""
    for reading in read.readings:
        click.secho(f"  {reading.kind.replace('_', ' ')}: {reading.message}", bold=True)
        click.echo(f"    seen in: {'; '.join(reading.evidence)}")
        click.echo(f"    {reading.advice}")
    for text in read.not_looked_at:
        click.echo(f"  not looked at: {text}")
    if read.best_step is not None and read.best_step == read.last_step:
        click.echo("  validation loss was lowest at the end")
    elif read.best_step is not None:
        click.echo(f"  validation loss was lowest at step {read.best_step}: score the checkpoint at or before it first")
    click.secho(f"  {read.caution}", dim=True)


def _cost(plan: Plan) -> str:
    worst, expected = plan.envelope.worst_case_usd, plan.expected_usd
    if worst is None:
        return "unknown, which is not 0"
    if worst == 0:
        return "0 USD to a provider"
    about = f"{_money(expected)} expected, " if expected is not None else ""
    return f"{about}never above {_money(worst)}"


def _money(usd: Decimal) -> str:
    return f"{usd:,.2f} USD"


def _about(minutes: float) -> str:
    return f"{minutes:.0f}" if minutes >= 1 else f"{minutes:.1f}"


def _left(job: Job) -> str:
    if job.seconds_left_low is None or job.seconds_left_high is None:
        return ""
    low, high = job.seconds_left_low, job.seconds_left_high
    if high < 90:
        return f", {low:.0f} to {high:.0f} s left"
    return f", {low / 60:.0f} to {high / 60:.0f} min left"


class PlanList(BaseModel):
    """What `jobs list --plans --json` prints."""

    plans: list[Plan]


def show_plans(found: list[Plan]) -> None:
    """A line a plan."""
    if not found:
        click.echo("No plans yet. Start with: finetune-advisor jobs plan FILE")
    for plan in found:
        e, worst = plan.envelope, plan.envelope.worst_case_usd
        cost = "worst case unknown" if worst is None else f"at most {worst} USD"
        stands = f", against it: {', '.join(b.code for b in plan.blockers)}" if plan.blockers else ""
        when = f"{plan.created_at:%Y-%m-%d %H:%M}"
        click.echo(f"{plan.id}  {when}  {e.technique} of {e.base_model} on {e.backend}, {cost}{stands}")


def show_decisions(decided: list[Approval]) -> None:
    """Who has said what about a plan, and whether it still holds."""
    from tools.jobs.approval import why_not
    from tools.records.clock import now

    for one in decided:
        until = f"until {one.expires_at:%Y-%m-%d %H:%M} UTC"
        if one.used_by:
            state = "used"
        elif one.expires_at <= now():
            state = f"ended, it held {until}"
        elif one.decision == "approved" and (why := why_not(one)):
            state = f"does not count, for {why}"
        else:
            state = f"open {until}"
        said = f"approved it up to {one.ceiling_usd} USD: {state}" if one.decision == "approved" else "rejected it"
        click.echo(f"  {one.created_at:%Y-%m-%d %H:%M} UTC: {one.person} {said}")


def show_both(found: BothAnswers) -> None:
    """Both answers whole, to be copied; then one text with what only one of them says in its marks."""
    if found.system:
        click.secho(f"Under the data's instruction: {found.system[:200]}", dim=True)
    for name, model, answer in (("base", found.base_model, found.base), ("tuned", found.tuned_model, found.tuned)):
        click.secho(f"\n{name}: {model}", bold=True)
        click.echo(answer if answer.strip() else "(it answered nothing)")
    if found.base == found.tuned:
        click.echo("\nBoth say the same.")
    else:
        marks = {"same": ("", "", None), "base": ("[-", "-]", "red"), "tuned": ("{+", "+}", "green")}
        text = ""
        for piece in found.differences:
            before, after, colour = marks[piece.side]
            text += click.style(f"{before}{piece.text}{after}", fg=colour) if colour else piece.text
        click.echo(f"\nwhere they differ, [-only the base-] {{+only the tuned model+}}:\n{text}")
    click.secho("One text proves nothing; the score on the held-out rows does: finetune-advisor jobs score", dim=True)
