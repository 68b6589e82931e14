"""Measuring the ladder: every rung on the same samples, cheapest first; stop it and go on where it was."""

from decimal import Decimal
from typing import Any

from tools.errors import InputError, RefusedError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.records import EvalRun
from tools.evals.run import RunResult, run
from tools.ladder.arms import Bench
from tools.ladder.chain import measure_chain
from tools.ladder.conclude import conclude
from tools.ladder.controls import measure_control
from tools.ladder.plan import refuse_over_budget
from tools.ladder.records import ARMS, CONTROLS, WITHOUT_MODEL, Arm, ArmName, LadderRequest, LadderResult
from tools.progress import Progress, silent


def climb(request: LadderRequest, progress: Progress = silent) -> LadderResult:
    """Measure every rung and conclude.

    A rung that the endpoint refuses (schema-constrained output, mostly) is left out and said. Completions are kept as
    they come; after a stop or an outage the same request goes on.

    Raises:
        InputError: a file, the key or the model cannot be used.
        RefusedError: it could cost more than the budget, or costs are unknown and were not accepted.
        UnavailableError, CancelledError: as tools.evals.run.
    """
    bench = Bench(request)
    refuse_over_budget(bench)
    wanted: list[ArmName] = [a for a in ARMS if a in (request.arms or ARMS)]
    arms: list[Arm] = []
    for i, name in enumerate(wanted):
        arms.append(measured(bench, name, _step(progress, i, len(wanted), name)))
    named = {a.name: a for a in arms if a.eval}
    against = _against(named)
    for arm in arms:
        found = against("plain", arm.name) if arm.name != "plain" and arm.eval else None
        if found:
            fields = {"difference", "ci_low", "ci_high", "p_value", "verdict"}
            arm.against_plain = found.model_dump(include=fields)
    return conclude(bench, arms, against)


def measured(bench: Bench, name: ArmName, progress: Progress) -> Arm:
    """Measure one rung and store its eval; a rung that cannot be measured says why.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    kind: Any = "control" if name in CONTROLS else "arm"
    if why := bench.skipped(name):
        return Arm(name=name, kind=kind, note=f"not measured: {why}")
    progress(0, 1, name)
    if name in WITHOUT_MODEL:
        return _arm(kind, name, measure_control(bench, name))
    if name == "chain":
        made = _arm(kind, name, measure_chain(bench, progress))
        steps = f"{len(bench.chain)} requests a sample"
        return made.model_copy(update={"note": "; ".join(n for n in (steps, made.note) if n)})
    try:
        return _arm(kind, name, run(bench.run_request(name), progress))
    except InputError as e:
        # A rejected request format is this rung's own trouble; a wrong key or model is everybody's.
        if name == "constrained":
            return Arm(name=name, kind=kind, note=f"not measured: {e.what}")
        raise


def _arm(kind: Any, name: ArmName, found: EvalRun) -> Arm:
    notes = []
    if isinstance(found, RunResult):
        notes += [f"{found.truncated} of {found.n} cut off at the token limit"] if found.truncated else []
        notes += [f"{found.rejected} of {found.n} refused by the endpoint"] if found.rejected else []
    per_1000 = None if found.cost_usd is None or not found.n else found.cost_usd * 1000 / found.n
    return Arm(
        name=name,
        kind=kind,
        eval=found.name,
        n=found.scored,
        score=found.score,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        cost_usd=found.cost_usd,
        usd_per_1000_requests=None if per_1000 is None else per_1000.quantize(Decimal("0.000001")),
        latency_ms=found.latency_ms_p50,
        wall_seconds=found.wall_seconds,
        note="; ".join(notes),
    )


def _step(progress: Progress, i: int, of: int, name: str) -> Progress:
    def report(done: float, total: float | None = None, text: str = "") -> None:
        progress(i + (done / total if total else 0), of, f"{name}: {text}" if text else name)

    return report


def _against(named: dict[ArmName, Arm]) -> Any:
    """Comparisons of two rungs, made once; None where one of them was not measured."""
    made: dict[tuple[str, str], Comparison | None] = {}

    def against(baseline: ArmName, candidate: ArmName) -> Comparison | None:
        pair = (baseline, candidate)
        if pair not in made:
            a, b = named.get(baseline), named.get(candidate)
            made[pair] = None
            if a and b and a.eval and b.eval:
                try:
                    made[pair] = compare(CompareRequest(baseline=a.eval, candidate=b.eval, most_flips=0, brief=True))
                except RefusedError:
                    made[pair] = None
        return made[pair]

    return against
