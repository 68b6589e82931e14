"""How far judges agree with people: written once for each sheet of grades, the newest counts."""

from datetime import datetime
from typing import Any, NamedTuple

from tools.evals.store.connection import connection, path, rows, utcnow
from tools.evals.store.evals import eval_id


class Stored(NamedTuple):
    """One measurement of a judge's agreement with people."""

    grader_digest: str
    grades_digest: str
    eval_id: int
    judge: str
    n: int
    equal: int
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    measured_at: datetime


def keep(eval_name: str, record: dict[str, Any]) -> None:
    """Store a measurement; the same sheet of grades is stored once."""
    with connection() as con:
        whole = {**record, "eval_id": eval_id(con, eval_name), "measured_at": utcnow()}
        columns, marks = ", ".join(whole), ", ".join("?" * len(whole))
        con.execute(
            f"INSERT OR IGNORE INTO judge_agreements ({columns}) VALUES ({marks})",  # noqa: S608 -- our own names
            list(whole.values()),
        )


def newest(grader_digest: str) -> Stored | None:
    """The newest measurement of a grader; None when it was never compared with people."""
    if not path().exists():
        return None
    with connection() as con:
        found = rows(
            con.execute(
                "SELECT * FROM judge_agreements WHERE grader_digest = ? ORDER BY measured_at DESC LIMIT 1",
                [grader_digest],
            )
        )
    return Stored(**found[0]) if found else None
