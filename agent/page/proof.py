"""What was measured in a case: every evaluation on held-out rows, and the pairs worth comparing."""

from collections.abc import Mapping

from agent.case import Case
from tools.errors import AdvisorError
from tools.evals import store
from tools.evals.compare import CompareRequest, compare
from tools.evals.records import EvalRun
from tools.report.record import Compared, Measured

# The last part of an evaluation's name says which way of doing it was measured; the cost table uses the same keys.
WAYS = {
    "base-plain": "nothing",
    "plain": "nothing",
    "better_prompt": "better_prompt",
    "base-few_shot": "few_shot",
    "few_shot": "few_shot",
    "retrieval": "retrieval",
    "tuned": "tuned_here",
}


def measured(case: Case) -> tuple[Measured, ...]:
    """The case's evaluations that hold a score, in the order they were made."""
    known = {e.name: e for e in store.evals()} if case.evals else {}
    found = [known[name] for name in dict.fromkeys(case.evals) if name in known]
    return tuple(_measured(e) for e in found if e.score is not None)


def named(found: tuple[Measured, ...], words: Mapping[str, str]) -> tuple[Measured, ...]:
    """Each by its way in the reader's words, numbered where a way was measured more than once."""
    titles = [words.get(m.key) or _short(m.name) for m in found]
    said = [f"{t} {titles[: i + 1].count(t)}" if titles.count(t) > 1 else t for i, t in enumerate(titles)]
    return tuple(m.model_copy(update={"name": title}) for m, title in zip(found, said, strict=True))


def compared(case: Case, words: Mapping[str, str]) -> tuple[Compared, ...]:
    """The best tuned one against the best one without training, and what must not get worse before against after."""
    found = measured(case)
    titles = {m.name: shown.name for m, shown in zip(found, named(found, words), strict=True)}
    tuned = [m for m in found if m.key == "tuned_here"]
    others = [m for m in found if m.key in ("nothing", "better_prompt", "few_shot", "retrieval")]
    pairs = [(max(others, key=_score).name, max(tuned, key=_score).name)] if tuned and others else []
    after = [name for name in titles if _is_guardrail(name) and name.endswith("/tuned")]
    pairs += [(base, name) for name in after if (base := name.removesuffix("/tuned") + "/base") in titles]
    return tuple(c for pair in pairs for c in _compared(*pair, titles))


def _compared(baseline: str, candidate: str, titles: Mapping[str, str]) -> tuple[Compared, ...]:
    try:
        c = compare(CompareRequest(baseline=baseline, candidate=candidate, most_flips=0))
    except AdvisorError:  # measured on other rows: nothing can be said of the pair
        return ()
    return (
        Compared(
            baseline=titles[baseline],
            candidate=titles[candidate],
            n=c.n,
            difference=c.difference,
            ci_low=c.ci_low,
            ci_high=c.ci_high,
            p_value=c.p_value,
            verdict=c.verdict,
            got_worse=c.regressions_total,
        ),
    )


def _short(name: str) -> str:
    """The part of an evaluation's name that says what was measured."""
    return "/".join(name.split("/")[-2:]) if _is_guardrail(name) else name.rsplit("/", 1)[-1]


def _is_guardrail(name: str) -> bool:
    """Probes of what must not get worse: no way of doing the task."""
    return "/guardrail-" in name


def _score(m: Measured) -> float:
    return m.score or 0.0


def _measured(e: EvalRun) -> Measured:
    last = _short(e.name)
    return Measured(
        key="tuned_here" if last.startswith("tuned") else WAYS.get(last, ""),
        name=e.name,
        metric=e.grader or "score",
        score=e.score,
        ci_low=e.ci_low,
        ci_high=e.ci_high,
        n=e.scored,
        model=e.model or "",
        dataset_sha256=(e.dataset_digest or "")[:16],
        measured_on=e.created_at.date(),
    )
