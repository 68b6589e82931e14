"""What must not get worse, beside a comparison: the guardrail evals of the same two models, found by what they are."""

import hashlib
from pathlib import Path

from tools.errors import InputError, NotFoundError
from tools.evals.compare import CompareRequest, Comparison, GuardedBeside, compare, harmed_in
from tools.evals.guardrail import GENERAL, probe_file
from tools.evals.records import EvalRun


def guarded(baseline: str, candidate: str) -> list[GuardedBeside]:
    """The guardrail sets of the candidate's metric (without a metric the general probes), before and after.

    Evals belong to a set by the digest of its file, and to a side by model and address; the newest count. Nothing is
    measured here. Two evals of one model, or of models that are not known, have no before and after: an empty list.

    Raises:
        NotFoundError: an eval, or the metric it names, does not exist.
        InputError: the metric was changed after it was accepted.
    """
    from tools.evals import store
    from tools.evals.metric.files import accepted

    known = store.evals()
    a, b = (next((e for e in known if e.name == n), None) or store.eval_named(n) for n in (baseline, candidate))
    if not a.model or not b.model or a.model == b.model:
        return []
    metric = accepted(b.metric, b.metric_version) if b.metric else None
    found = []
    for which in dict.fromkeys(metric.guardrails if metric else (GENERAL,)):
        file = probe_file() if which == GENERAL else Path(which)
        pair = None
        if file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            pair = _newest([e for e in known if e.dataset_digest == digest and e.name not in (a.name, b.name)], a, b)
        name = GENERAL if which == GENERAL else file.stem
        if pair is None:
            found.append(GuardedBeside(probes=name))
            continue
        before, after = pair
        c = compare(CompareRequest(baseline=before.name, candidate=after.name, most_flips=0))
        found.append(GuardedBeside(probes=name, base=before.name, tuned=after.name, comparison=c, forgot=harmed_in(c)))
    return found


def with_guardrails(c: Comparison) -> Comparison:
    """The comparison with what was found beside it, or with a warning why that cannot be said (a gate refuses then)."""
    try:
        return c.model_copy(update={"guardrails": guarded(c.baseline_name, c.candidate_name)})
    except (InputError, NotFoundError) as e:
        why = f"what must not get worse is not known: {e.where}: {e.what}" if e.where else e.what
        return c.model_copy(update={"warnings": [*c.warnings, why]})


def _newest(probed: list[EvalRun], a: EvalRun, b: EvalRun) -> tuple[EvalRun, EvalRun] | None:
    """The newest evals of the two models that one grader scored; those asked at the same addresses first."""
    pairs = [
        (x, y)
        for y in probed
        for x in probed
        if x.model == a.model and y.model == b.model
        if (x.grader, x.grader_version, x.grader_spec) == (y.grader, y.grader_version, y.grader_spec)
    ]
    rank = lambda p: (p[0].source == a.source, p[1].source == b.source, p[1].eval_id, p[0].eval_id)  # noqa: E731
    return max(pairs, key=rank, default=None)


def lines(c: Comparison) -> list[str]:
    """What a person is told of it, one sentence a set; nothing where nothing must be guarded."""
    gained = {"improved": "Better on the task", "regressed": "Worse on the task"}.get(
        c.verdict, "On the task see above"
    )
    said = []
    for g in c.guardrails:
        if g.comparison is None:
            if c.verdict == "improved":
                said.append(f"What must not get worse ({g.probes}) was not measured for both models.")
            continue
        n, lost, won = g.comparison.n, g.comparison.regressions_total, g.comparison.improvements_total
        counted = f"of {n} probes {lost} fail now that passed, {won} pass that failed ({g.base}, {g.tuned})"
        if g.forgot:
            said.append(f"{gained}, and it got worse at {', '.join(g.forgot)} ({g.probes}): {counted}.")
            continue
        seen = g.comparison.sensitivity.detectable_difference if g.comparison.sensitivity else None
        limit = "" if seen is None else f"; so few would show a loss of {seen:.2f} or more"
        said.append(f"What must not get worse ({g.probes}): no loss is shown, {counted}{limit}.")
    return said
