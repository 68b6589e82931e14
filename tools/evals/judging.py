"""Grading answers that need a judge: several at a time, each question kept by its content, so none is asked twice."""

import hashlib
import json
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from knowledge.thresholds import threshold
from tools.endpoint import Completion, Endpoint, RejectedError, in_parallel
from tools.evals.graders.base import Grade, GraderBase, Item
from tools.evals.graders.judge import Judge
from tools.progress import Progress, silent

_KEEP_EVERY_SECONDS = 2.0


class Answer(NamedTuple):
    """One completion to be graded."""

    sample_id: str
    asked: str
    completion: str | None
    target: str | None
    item: Item


class Asker:
    """Asks judges; keeps every reply in the store. Used as a context: what was asked is kept also after an error."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        from tools.evals.store import completions

        self._known: dict[str, Completion] = {}
        for model in {judge.model for judge in judges}:
            self._known |= completions.of_model(model)
        self._endpoints: dict[Judge, Endpoint] = {judge: judge.endpoint() for judge in judges}
        self._new: dict[str, tuple[str, Completion]] = {}
        self._lock = threading.Lock()
        self.asked = 0

    def __enter__(self) -> "Asker":
        return self

    def __exit__(self, *error: Any) -> None:
        self.keep()
        for endpoint in self._endpoints.values():
            endpoint.close()

    def __call__(
        self, judge: Judge, messages: list[dict[str, Any]], response_format: dict[str, Any] | None = None
    ) -> str:
        """See tools.evals.graders.base.Ask."""
        endpoint = self._endpoints[judge]
        most = int(threshold("evals.judge_max_tokens"))
        content = ["judge", endpoint.identity, judge.model, messages, response_format, most]
        key = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        if key not in self._known:
            reply = endpoint.complete(messages, max_tokens=most, response_format=response_format)
            with self._lock:
                self._known[key] = reply
                self._new[key] = (judge.model, reply)
                self.asked += 1
        return self._known[key].text

    def keep(self) -> None:
        """Store what was asked since the last time."""
        from tools.evals.store import completions

        with self._lock:
            new, self._new = self._new, {}
        for model in {model for model, _ in new.values()}:
            completions.keep({k: reply for k, (m, reply) in new.items() if m == model}, model)


def grades(
    grader: GraderBase, answers: Sequence[Answer], progress: Progress = silent, *, parallel: int | None = None
) -> dict[str, Grade]:
    """Grade answers; by sample id.

    What a judge refuses to look at, or answers unreadably, has no grade, and its details say why.

    Raises:
        InputError: the grader's own code failed, or the judge's key or name is wrong.
        UnavailableError: the judge went down; what it answered is kept.
        CancelledError: stopped through `progress`; likewise.
    """
    judges = grader.judges
    try:
        if not judges:
            return {a.sample_id: grader.grade(a.completion, a.target, a.item) for a in answers}
        return _judged(grader, answers, progress, parallel or int(threshold("evals.parallel_requests")))
    finally:
        grader.close()


def _judged(grader: GraderBase, answers: Sequence[Answer], progress: Progress, at_once: int) -> dict[str, Grade]:
    made: dict[str, Grade] = {}
    with Asker(grader.judges) as ask:
        last = time.monotonic()

        def one(a: Answer) -> Grade:
            return grader.judged(ask, a.asked, a.completion, a.target, a.item)

        def tick() -> None:
            progress(len(made), len(answers), f"judged {len(made)} of {len(answers)}")

        for answer, grade in in_parallel(answers, one, at_once=at_once, tick=tick):
            if isinstance(grade, RejectedError):
                grade = Grade(None, None, {"judge_rejected": grade.what})
            made[answer.sample_id] = grade
            if time.monotonic() - last > _KEEP_EVERY_SECONDS:
                ask.keep()
                last = time.monotonic()
    return made
