"""Measuring the ladder: every rung on the same samples, cheapest first; stop it and go on where it was."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tools.errors import InputError, RefusedError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.guardrail import Guarded, GuardrailRequest, guardrail
from tools.evals.records import EvalRun
from tools.evals.run import RunResult, run
from tools.evals.store import kept_open
from tools.ladder.arms import Bench
from tools.ladder.chain import measure_chain
from tools.ladder.conclude import conclude
from tools.ladder.controls import measure_control
from tools.ladder.plan import Purse, guardrail_requests, refuse_over_budget
from tools.ladder.records import ARMS, CONTROLS, WITHOUT_MODEL, Arm, ArmName, LadderRequest, LadderResult
from tools.ladder.say import Line, line
from tools.progress import Progress, silent

GUARDRAIL = "guardrail"
"""What progress calls a guardrail set; rungs have their own names."""


def _unseen(arm: Arm) -> None:
    """For callers that wait for the whole."""


def climb(request: LadderRequest, progress: Progress = silent, seen: Callable[[Arm], None] = _unseen) -> LadderResult:
    """Measure every rung and conclude.

    A rung that the endpoint refuses (schema-constrained output, mostly) or that the budget has no room for is left out
    and said. Completions are kept as they come; after a stop or an outage the same request goes on.

    Args:
        request: what to measure.
        progress: told of rungs done, a broken number while one is measured, of all rungs; raises to stop.
        seen: called with each rung as soon as it is measured.

    Raises:
        InputError: a file, the key or the model cannot be used.
        RefusedError: the budget has no room for any rung, or costs are unknown and were not accepted.
        UnavailableError, CancelledError: as tools.evals.run.
    """
    bench = Bench(request)
    refuse_over_budget([bench])
    purse = Purse(bench)
    wanted: list[ArmName] = [a for a in ARMS if a in (request.arms or ARMS)]
    arms: list[Arm] = []
    guardrails = guardrail_requests(bench)
    of = len(wanted) + len(guardrails)
    for i, name in enumerate(wanted):
        no_room = purse.no_room_for(name)
        arms.append(_left_out(name, no_room) if no_room else measured(bench, name, _step(progress, i, of, name)))
        purse.pay(arms[-1])
        seen(arms[-1])
    guarded = []
    for i, asked in enumerate(guardrails, len(wanted)):
        guarded.append(_guarded(asked, purse.no_room_for(asked), _step(progress, i, of, GUARDRAIL)))
        purse.pay(guarded[-1])
    with kept_open():
        named = {a.name: a for a in arms if a.eval}
        against = _against(named)
        for arm in arms:
            found = against("plain", arm.name) if arm.name != "plain" and arm.eval else None
            if found:
                fields = {"difference", "ci_low", "ci_high", "p_value", "verdict"}
                arm.against_plain = found.model_dump(include=fields)
        return conclude(bench, arms, against, guarded)


def _guarded(request: GuardrailRequest, no_room: Line | None, progress: Progress) -> Guarded:
    if no_room:
        return Guarded(probes=request.set_name)
    return guardrail(request, progress).short


def measured(bench: Bench, name: ArmName, progress: Progress) -> Arm:
    """Measure one rung and store its eval; a rung that cannot be measured says why.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    kind: Any = "control" if name in CONTROLS else "arm"
    if why := bench.skipped(name):
        return _left_out(name, why)
    progress(0, 1, name)
    if name in WITHOUT_MODEL:
        return _arm(kind, name, measure_control(bench, name))
    if name == "chain":
        made = _arm(kind, name, measure_chain(bench, progress))
        return made.model_copy(update={"remarks": [line("steps", n=len(bench.chain)), *made.remarks]})
    try:
        return _arm(kind, name, run(bench.run_request(name), progress))
    except InputError as e:
        # A rejected request format is this rung's own trouble; a wrong key or model is everybody's.
        if name == "constrained":
            return _left_out(name, line("refused", why=e.what))
        raise


def _left_out(name: ArmName, why: Line) -> Arm:
    kind: Any = "control" if name in CONTROLS else "arm"
    return Arm(name=name, kind=kind, remarks=[line("not_measured", why=why)])


def _arm(kind: Any, name: ArmName, found: EvalRun) -> Arm:
    counts: dict[str, int] = {}
    if isinstance(found, RunResult):
        counts = {"truncated": found.truncated, "rejected": found.rejected, "empty": found.empty}
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
        answered=found.n - counts.get("rejected", 0),
        empty=counts.get("empty", 0),
        asked=found.asked if isinstance(found, RunResult) else 0,
        remarks=[line(what, n=n, of=found.n) for what, n in counts.items() if n],
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
