"""Two evals side by side, by sample id: counts, scores and flips."""

from typing import TYPE_CHECKING, Any, NamedTuple

from tools.evals.graders.base import plain
from tools.evals.records import EvalRun
from tools.evals.store.connection import connection, query, rows
from tools.evals.store.evals import eval_id, summaries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Cells(NamedTuple):
    """The four cells of a paired yes/no comparison."""

    both_pass: int
    only_baseline: int
    only_candidate: int
    both_fail: int

    @property
    def n(self) -> int:
        """All pairs."""
        return sum(self)


class Scores(NamedTuple):
    """Paired scores as arrays of shape (n,)."""

    baseline: "NDArray[np.float64]"
    candidate: "NDArray[np.float64]"
    category: "NDArray[Any]"
    cluster: "NDArray[Any] | None"


class Labels(NamedTuple):
    """Targets and what each side was read as, pair by pair."""

    target: list[str]
    baseline: list[str]
    candidate: list[str]
    cluster: list[str] | None


class Pairs(NamedTuple):
    """Everything a comparison needs from the store, read in one transaction."""

    baseline: EvalRun
    candidate: EvalRun
    counts: dict[str, int]
    pass_fail: bool
    cells: dict[str | None, Cells]
    """By category; the whole under the empty string. Empty where scores are more than pass and fail."""
    scores: Scores | None
    """Where scores are more than pass and fail, or samples share clusters."""
    labels: Labels | None
    """Where both were scored as labels."""
    down: list[dict[str, Any]]
    up: list[dict[str, Any]]


def read_pairs(baseline: str, candidate: str, *, most: int, brief: bool = False) -> Pairs:
    """Pair two evals by sample id.

    Args:
        baseline: name of an eval.
        candidate: name of an eval.
        most: flips to list each way.
        brief: without what each side was read as.

    Raises:
        NotFoundError: one of them does not exist.
    """
    with connection() as con:
        ids = {"baseline": eval_id(con, baseline), "candidate": eval_id(con, candidate)}
        a, b = (summaries(con, i)[0] for i in ids.values())
        con.execute(query("pairs"), ids)
        counts = rows(con.execute(query("pair_counts")))[0]
        pass_fail, clustered = counts.pop("pass_fail"), counts.pop("clustered")
        in_clusters = clustered > counts.pop("clusters")
        cells, scores = {}, None
        if pass_fail:
            for row in rows(con.execute(query("pass_fail_by_category"))):
                key = "" if row.pop("is_whole") else row["category"]
                row.pop("category")
                if key is not None:
                    cells[key] = Cells(**row)
        if in_clusters or not pass_fail:
            scores = _scores(con, in_clusters)
        labelled = a.grader == b.grader == "label" and pass_fail and not brief
        labels = _labels(con, ids, in_clusters) if labelled else None
        down, up = (
            rows(con.execute(query("flips"), {**ids, "sign": sign, "most": most})) if most else [] for sign in (-1, 1)
        )
        con.execute("DROP TABLE pairs")
    return Pairs(a, b, counts, pass_fail, cells, scores, labels, down, up)


def _scores(con: Any, in_clusters: bool) -> Scores:
    # A sample without a cluster is one of its own. Clusters become numbers here: sorting millions of texts in Python
    # takes a minute, and in the database a second.
    of, number = "coalesce(cluster, chr(0) || sample_id)", "NULL"
    if in_clusters:
        number = "(SELECT number FROM numbered WHERE numbered.cluster = paired.cluster)"
    got = con.execute(
        f"WITH paired AS (SELECT * REPLACE ({of} AS cluster) FROM pairs WHERE state = 'paired'), "  # noqa: S608
        "numbered AS (SELECT cluster, row_number() OVER (ORDER BY cluster) AS number FROM paired GROUP BY cluster) "
        f"SELECT x, y, coalesce(category, '') AS category, {number} AS cluster FROM paired ORDER BY sample_id"
    ).fetchnumpy()
    return Scores(got["x"], got["y"], got["category"], got["cluster"] if in_clusters else None)


def _labels(con: Any, ids: dict[str, int], in_clusters: bool) -> Labels | None:
    found = con.execute(query("pair_labels"), ids).fetchall()
    if not found or any(row[0] is None for row in found):
        return None
    named = {plain(row[0]): row[0] for row in found}
    return Labels(
        target=[row[0] for row in found],
        baseline=[_read(row[0], row[1], row[2], named) for row in found],
        candidate=[_read(row[0], row[3], row[4], named) for row in found],
        cluster=[row[5] for row in found] if in_clusters else None,
    )


def _read(target: str, correct: bool, read: str | None, named: dict[str, str]) -> str:
    """The label an answer was read as; what is none of the targets stays what it is, and is never one by chance."""
    return target if correct else named.get(read or "", f"\0{read}")
