"""Reading jobs: one, many, their events and what was measured."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping

from tools.jobs import happened
from tools.jobs.models import Job, JobEvent, JobReport, Metric, Plan
from tools.jobs.plan import checked
from tools.jobs.statuses import contact_lost
from tools.records import clock, database
from tools.records.owned import Owned
from tools.records.tables import jobs, plans

METRIC_NAMES = frozenset(Metric.model_fields) - {"step"}
SAME_METRIC = {"validation_mean_token_accuracy": "valid_mean_token_accuracy", "validation_loss": "valid_loss"}


def get(job_id: str, owner: str = "local") -> Job:
    """One job, by its id or by the provider's. NotFoundError when it is not this owner's."""
    with database.read() as connection:
        mine = Owned(connection, jobs, owner)
        row = mine.first(jobs.c.provider_job_id == job_id) or mine.get(job_id, "job")
        return job_of(dict(row), plan_of(connection, row))


def list_jobs(owner: str = "local", limit: int = 100) -> list[Job]:
    """The owner's jobs, the newest first."""
    with database.read() as connection:
        rows = Owned(connection, jobs, owner).all(order_by=jobs.c.created_at.desc(), limit=limit)
        return [job_of(dict(row), plan_of(connection, row)) for row in rows]


def events(job_id: str, after: int = 0, owner: str = "local") -> list[JobEvent]:
    """What happened, oldest first; `after` is the `seq` of the last event already seen."""
    with database.read() as connection:
        Owned(connection, jobs, owner).get(job_id, "job")
        return [e for e in happened.so_far(connection, owner, job_id) if e.seq > after]


def report(job_id: str, owner: str = "local") -> JobReport:
    """A job with all its events and metrics."""
    job = get(job_id, owner)
    told_of = tuple(events(job.id, owner=owner))
    with database.read() as connection:
        from tools.jobs.deployment import record
        from tools.jobs.notices import tell

        notices = tuple(tell.told(connection, job.launch_key))
        deployed = record.current(connection, job.launch_key)
    return JobReport(
        **job.model_dump(),
        events=told_of,
        metrics=metrics(told_of, job.checkpoints),
        notices=notices,
        deployment=deployed,
    )


def metrics(told_of: Iterable[JobEvent], checkpoints: tuple[dict[str, Any], ...] = ()) -> tuple[Metric, ...]:
    """What was measured, a row a step, from events and checkpoints."""
    found: dict[int, dict[str, float]] = {}
    sources = [e.data for e in told_of if e.type == "metrics" and e.data]
    sources += [{"step": c.get("step_number"), **(c.get("metrics") or {})} for c in checkpoints]
    for data in sources:
        step = data.get("step")
        if isinstance(step, bool) or not isinstance(step, int | float):
            continue
        row = found.setdefault(int(step), {})
        for name, value in data.items():
            name = SAME_METRIC.get(name, name)
            if name in METRIC_NAMES and isinstance(value, int | float) and not isinstance(value, bool):
                row.setdefault(name, float(value))
    return tuple(Metric.model_validate({"step": step, **found[step]}) for step in sorted(found))


def plan_of(connection: Connection, row: RowMapping) -> Plan:
    """The plan a job was launched from."""
    plan = Owned(connection, plans, row["owner"]).get(row["plan_id"], "plan")
    return checked(plan["document"], plan["digest"])


def job_of(row: Mapping[str, Any], plan: Plan) -> Job:
    """A stored job as callers see it."""
    document = row["document"]
    progress = document.get("progress") or {}
    return Job(
        **{name: row[name] for name in _SAME},
        base_model=plan.envelope.base_model,
        technique=plan.envelope.technique,
        cancel_requested=bool(row["cancel_requested"]),
        spent_usd=_spent(row, plan),
        step=progress.get("step"),
        total_steps=progress.get("total_steps"),
        seconds_left_low=progress.get("seconds_left_low"),
        seconds_left_high=progress.get("seconds_left_high"),
        checkpoints=tuple(document.get("checkpoints") or ()),
        error=document.get("error"),
        result_file=document.get("result_file"),
        contact_lost=contact_lost(row),
        silent_since=document.get("heard_at", row["created_at"]) if document.get("errors") else None,
    )


_SAME = (
    *("id", "owner", "status", "state", "plan_id", "plan_digest", "launch_key", "approval_id", "person", "backend"),
    *("provider_job_id", "provider_status", "message", "attempt", "reserved_usd", "fine_tuned_model"),
    *("trained_tokens", "created_at", "updated_at", "started_at", "finished_at"),
)


def _spent(row: Mapping[str, Any], plan: Plan) -> Decimal | None:
    """By the share of the planned tokens that were trained; the provider's bill is what counts."""
    worst = plan.envelope.worst_case_usd
    if row["state"] in ("REFUSED", "NOT_CREATED"):
        return Decimal(0)
    if (billed := row["document"].get("billed_usd")) is not None:
        return Decimal(billed)
    if worst is None:
        return None
    if worst == 0:
        return Decimal(0)
    if row["started_at"] is None and row["status"] in ("queued", "validating_files", "cancelled"):
        return Decimal(0)
    if (hours := plan.envelope.hyperparameters.get("timeout_hours")) is not None:
        return _by_the_hour(row, worst / Decimal(str(hours)))
    trained, share = row["trained_tokens"], None
    tokens, epochs = plan.envelope.training.tokens, plan.envelope.hyperparameters.get("n_epochs")
    if trained is not None and tokens and isinstance(epochs, int):
        share = Decimal(trained) / Decimal(tokens * epochs)
    elif (progress := row["document"].get("progress")) and progress.get("total_steps"):
        share = Decimal(progress.get("step") or 0) / Decimal(progress["total_steps"])
    if share is None or plan.expected_usd is None:
        return None
    return (plan.expected_usd * share).quantize(Decimal("0.0001"))


def _by_the_hour(row: Mapping[str, Any], rate: Decimal) -> Decimal | None:
    """A machine's hours since it was first seen running; None before."""
    if row["started_at"] is None:
        return None
    seconds = ((row["finished_at"] or clock.now()) - row["started_at"]).total_seconds()
    return (rate * Decimal(max(0.0, seconds)) / 3600).quantize(Decimal("0.0001"))
