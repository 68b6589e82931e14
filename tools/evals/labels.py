"""An eval of labels: macro-F1 with its interval, and each label's precision and recall, the weakest first."""

import json

from pydantic import BaseModel

from tools.evals.graders.base import plain
from tools.evals.statistics.classes import LabelScore, macro_f1_interval, per_label


class LabelReport(BaseModel):
    """What accuracy hides where labels are uneven."""

    macro_f1: float | None
    """None: no sample has both a score and a target."""
    ci_low: float | None
    ci_high: float | None
    interval_method: str
    n: int
    labels: list[LabelScore]


def label_report(name: str) -> LabelReport | None:
    """The report of a stored eval; None where it was not scored as labels.

    Raises:
        NotFoundError: there is no such eval.
    """
    from tools.evals import store

    e = store.eval_named(name)
    if e.grader != "label" or not e.pass_fail:
        return None
    rows = [s for s in store.samples(name, limit=10_000_000) if s.score is not None and s.target is not None]
    named = {plain(s.target or ""): s.target or "" for s in rows}
    targets = [s.target or "" for s in rows]
    read = [s.target or "" if s.correct else named.get(r := _said(s.details), f"\0{r}") for s in rows]
    clusters = [s.cluster or f"\0{s.sample_id}" for s in rows]
    shared = len(set(clusters)) < len(clusters)
    found = macro_f1_interval(targets, read, clusters if shared else None)
    return LabelReport(
        macro_f1=found.value,
        ci_low=found.interval.low,
        ci_high=found.interval.high,
        interval_method=found.interval.method,
        n=len(rows),
        labels=per_label(targets, read),
    )


def _said(details: str | None) -> str:
    return str(json.loads(details or "{}").get("read") or "")
