"""What may be spent: caps per job, person and day, and organisation and month; two persons; the kill switch.

The caps stand in spending.yaml in the home folder; without it the defaults of knowledge/thresholds/jobs.yaml hold. They
are checked in the same transaction that reserves, so that two approvals at once cannot both take the last of a cap.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from knowledge.thresholds import threshold
from tools import workspace
from tools.errors import InputError, RefusedError
from tools.named import reason
from tools.records import clock
from tools.records.owned import of_everyone
from tools.records.tables import approvals, jobs

SETTINGS = "spending.yaml"
KILL_SWITCH = "STOP-LAUNCHES"
HOLDING = ("RESERVED", "INTENT", "SENDING", "CONFIRMED", "UNKNOWN", "NEEDS_HUMAN")
"""States in which money is or may be owed."""


class Caps(BaseModel):
    """spending.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_job_usd: Decimal = Field(default_factory=lambda: _default("jobs.cap_per_job_usd"), ge=0)
    per_person_and_day_usd: Decimal = Field(default_factory=lambda: _default("jobs.cap_per_person_and_day_usd"), ge=0)
    organisation_per_month_usd: Decimal = Field(
        default_factory=lambda: _default("jobs.cap_organisation_per_month_usd"), ge=0
    )
    two_persons_above_usd: Decimal = Field(default_factory=lambda: _default("jobs.two_persons_above_usd"), ge=0)
    page_above_usd: Decimal = Field(default_factory=lambda: _default("jobs.page_above_usd"), ge=0)
    """Above this an approved decision record that asks for exactly this plan is needed."""


def caps() -> Caps:
    """The caps in force.

    Raises:
        InputError: spending.yaml cannot be used; nothing is launched on a guess.
    """
    path = workspace.home() / SETTINGS
    if not path.exists():
        return Caps()
    try:
        return Caps.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as e:
        what = "is no YAML" if isinstance(e, yaml.YAMLError) else f"cannot be read ({reason(e)})"
        raise InputError(what, where=str(path), remedy="Mend it: nothing is approved on a guess.") from None
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(path)) from None


def refuse_if_stopped() -> None:
    """RefusedError while the kill switch is on: a file of that name in the home folder, its text the reason."""
    path = workspace.home() / KILL_SWITCH
    if path.exists():
        reason = _first_line(path)
        raise RefusedError(
            "all launches are stopped" + (f": {reason}" if reason else ""),
            where=str(path),
            remedy="Whoever stopped them removes that file.",
        )


class _Held(NamedTuple):
    key: str
    person: str
    at: datetime
    usd: Decimal


def reserve(connection: Connection, *, digest: str, person: str, amount_usd: Decimal) -> None:
    """Check that `amount_usd` for this plan fits every cap beside all that is held already.

    Raises:
        RefusedError: naming the cap, what is held and what was asked.
    """
    if amount_usd == 0:
        return
    limit, now = caps(), clock.now()
    if amount_usd > limit.per_job_usd:
        raise _over("a job", limit.per_job_usd, Decimal(0), amount_usd)
    others = [h for h in _held(connection, now) if h.key != digest]
    today = sum((h.usd for h in others if h.person == person and h.at.date() == now.date()), Decimal(0))
    if today + amount_usd > limit.per_person_and_day_usd:
        raise _over(f"{person} on one day (UTC)", limit.per_person_and_day_usd, today, amount_usd)
    month = sum((h.usd for h in others if (h.at.year, h.at.month) == (now.year, now.month)), Decimal(0))
    if month + amount_usd > limit.organisation_per_month_usd:
        raise _over("the organisation in one month", limit.organisation_per_month_usd, month, amount_usd)


def _held(connection: Connection, now: datetime) -> list[_Held]:
    """One entry a plan: a launched job's reservation, else the open approval's."""
    open_approvals = of_everyone(
        connection, approvals, approvals.c.decision == "approved", approvals.c.used_by.is_(None)
    )
    held = {
        a["plan_digest"]: _Held(a["plan_digest"], a["person"], a["created_at"], a["ceiling_usd"])
        for a in open_approvals
        if a["expires_at"] > now
    }
    for job in of_everyone(connection, jobs, jobs.c.state.in_(HOLDING)):
        held[job["plan_digest"]] = _Held(job["plan_digest"], job["person"], job["created_at"], job["reserved_usd"])
    return list(held.values())


def _over(whose: str, cap: Decimal, held: Decimal, asked: Decimal) -> RefusedError:
    already = f", {held} USD are spent or reserved already" if held else ""
    return RefusedError(
        f"{asked} USD is more than the cap for {whose} allows ({cap} USD{already})",
        where=str(workspace.home() / SETTINGS),
        remedy="Make the job smaller, or have the cap in that file raised.",
    )


def _default(name: str) -> Decimal:
    return Decimal(f"{threshold(name):g}")


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[0][:200]
    except (OSError, IndexError):
        return ""
