"""Writing down advice and measurements: the same thing twice is one entry."""

import hashlib
from functools import cache
from typing import Any

from knowledge.load import ROOT
from knowledge.scoreboard import settling
from tools.canonical import canonical
from tools.records import database
from tools.records.clock import now
from tools.records.owned import Owned
from tools.records.tables import advice, outcomes
from tools.scoreboard.records import Advice, NewAdvice, NewOutcome, Outcome


@cache
def rules_digest() -> str:
    """Version of the rules: SHA-256 over what decides, its thresholds included."""
    digest = hashlib.sha256()
    for path in [*sorted((ROOT / "decision").glob("*.yaml")), ROOT / "thresholds" / "decision.yaml"]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def facts_digest(facts: dict[str, Any]) -> str:
    """Address of what an advice rests on."""
    return _sha256(facts)


def record_advice(owner: str, new: NewAdvice) -> Advice:
    """Keep an advice when it is given. What stands in the case already, on the same facts and rules, is not new."""
    with database.write() as connection:
        mine = Owned(connection, advice, owner)
        newest = mine.all(advice.c.case_id == new.case_id, order_by=advice.c.given_at.desc(), limit=1)
        if newest and NewAdvice.model_validate(dict(newest[0])) == new:
            return Advice.model_validate(dict(newest[0]))
        at = now()
        advice_id = _sha256([owner, new.model_dump(), at])
        mine.insert(id=advice_id, given_at=at, **new.model_dump())
        return Advice.model_validate(dict(mine.get(advice_id, "advice")))


def record_outcome(owner: str, new: NewOutcome) -> Outcome:
    """Keep what a measurement found; the same measurement is kept once.

    Raises:
        KeyError: a finding that knowledge/scoreboard.yaml does not name.
    """
    for finding in new.findings:
        settling().findings[finding]
    outcome_id = _sha256([owner, new.model_dump()])
    with database.write() as connection:
        mine = Owned(connection, outcomes, owner)
        if mine.first(outcomes.c.id == outcome_id) is None:
            mine.insert(id=outcome_id, measured_at=now(), **{**new.model_dump(), "findings": list(new.findings)})
        return Outcome.model_validate(dict(mine.get(outcome_id, "outcome")))


def all_of(owner: str) -> tuple[list[Advice], list[Outcome]]:
    """Everything kept for one owner, oldest first."""
    with database.read() as connection:
        given = Owned(connection, advice, owner).all(order_by=advice.c.given_at)
        found = Owned(connection, outcomes, owner).all(order_by=outcomes.c.measured_at)
    return [Advice.model_validate(dict(r)) for r in given], [Outcome.model_validate(dict(r)) for r in found]


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
