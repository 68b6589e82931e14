"""What a ladder would ask for and cost at worst, before anything is asked."""

import json
from decimal import Decimal

from knowledge.thresholds import threshold
from tools.errors import RefusedError
from tools.evals.prompts import prepare
from tools.evals.run import RunRequest, completion_key
from tools.ladder.arms import Bench
from tools.ladder.records import ARMS, WITHOUT_MODEL, ArmName, LadderPlan, LadderRequest, PlannedArm

_PER_MESSAGE_TOKENS = 8
"""What a chat template adds around a message, rounded up."""


def plan(request: LadderRequest) -> LadderPlan:
    """Which rungs, how many requests, at most how much.

    Raises:
        InputError: a file cannot be used.
    """
    return planned(Bench(request))


def planned(bench: Bench) -> LadderPlan:
    """The plan of a request whose files are read."""
    arms = [_arm(bench, name) for name in bench.request.arms or ARMS]
    costs = [a.worst_case_usd for a in arms if not a.skipped]
    return LadderPlan(
        arms=arms,
        samples=len(bench.samples),
        requests=sum(a.requests for a in arms),
        worst_case_usd=None if any(c is None for c in costs) else sum((c for c in costs if c is not None), Decimal(0)),
        grader=bench.grader.type,
        why_grader="chosen by you" if bench.request.grader else bench.proposal.why,
        leaked=bench.leaked,
    )


def refuse_over_budget(bench: Bench) -> None:
    """Raise RefusedError when the ladder could cost more than allowed, or nobody knows what it costs."""
    found = planned(bench)
    if found.requests == 0:
        return
    if found.worst_case_usd is None:
        if not bench.request.unpriced:
            raise RefusedError(
                f"{found.requests:,} completions would be asked for, and what they cost is unknown",
                where=bench.request.endpoint.identity,
                remedy="Give the model's prices, or say that unknown costs are accepted (--unpriced).",
            )
        return
    if bench.request.budget_usd is not None and found.worst_case_usd > bench.request.budget_usd:
        raise RefusedError(
            f"it could cost up to ${found.worst_case_usd:.2f}, the budget is ${bench.request.budget_usd:.2f}",
            remedy="Raise the budget, or measure fewer samples (--limit) or rungs (--arm).",
        )


def _arm(bench: Bench, name: ArmName) -> PlannedArm:
    skipped = bench.skipped(name)
    if skipped or name in WITHOUT_MODEL:
        return PlannedArm(name=name, requests=0, known=0, worst_case_usd=Decimal(0), skipped=skipped)
    from tools.evals.store import completions

    request = bench.run_request(name)
    prepared = prepare(request.prompt, bench.held_out)
    keys = {completion_key(request, prepared, s): prepared.messages(s) for s in bench.samples}
    known = completions.known(list(keys))
    missing = [messages for key, messages in keys.items() if key not in known]
    return PlannedArm(name=name, requests=len(missing), known=len(known), worst_case_usd=_worst_case(request, missing))


def _worst_case(request: RunRequest, asked: list[list[dict[str, object]]]) -> Decimal | None:
    sent, made = request.usd_per_million_prompt_tokens, request.usd_per_million_completion_tokens
    if not asked:
        return Decimal(0)
    if sent is None or made is None:
        return None
    most = request.max_tokens or int(threshold("evals.max_completion_tokens"))
    tokens_in = sum(
        len(json.dumps(m, ensure_ascii=False).encode()) + _PER_MESSAGE_TOKENS for messages in asked for m in messages
    )
    return (sent * tokens_in + made * most * len(asked)) / 1_000_000
