"""What a ladder would ask for and cost at worst, before anything is asked."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from knowledge.thresholds import threshold
from tools.endpoint import Completion, Message
from tools.errors import RefusedError
from tools.evals.guardrail import Guarded, GuardrailRequest, guardrails_beside
from tools.evals.heldout import HeldOut, HeldOutSample, read_held_out
from tools.evals.prompts import prepare
from tools.evals.run import RunRequest, completion_key
from tools.ladder.arms import Bench
from tools.ladder.chain import known_answers, requests, step_bytes
from tools.ladder.records import (
    ARMS,
    WITHOUT_MODEL,
    Arm,
    ArmName,
    LadderPlan,
    LadderRequest,
    PlannedArm,
    PlannedGuardrail,
)
from tools.ladder.say import Line, line

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
    guardrails = [_guardrail(g) for g in guardrail_requests(bench)]
    parts = [*arms, *guardrails]
    costs = [a.worst_case_usd for a in parts if not a.skipped]
    return LadderPlan(
        arms=arms,
        guardrails=guardrails,
        samples=len(bench.samples),
        requests=sum(a.requests for a in parts),
        prompt_tokens=sum(a.prompt_tokens for a in parts),
        completion_tokens=sum(a.completion_tokens for a in parts),
        worst_case_usd=None if any(c is None for c in costs) else sum((c for c in costs if c is not None), Decimal(0)),
        grader=bench.grader.type,
        why_grader="chosen by you" if bench.request.grader else bench.proposal.why,
        leaked=bench.leaked,
        leaked_passages=bench.leaked_passages,
    )


def guardrail_requests(bench: Bench) -> list[GuardrailRequest]:
    """What must not get worse, before and after: nothing to ask where no tuned model is measured.

    Raises:
        InputError: a file of probes is not there.
    """
    r = bench.request
    if r.tuned is None or "tuned" not in (r.arms or ARMS):
        return []
    base, tuned = bench.run_request("plain"), bench.run_request("tuned")
    return guardrails_beside(
        r.guardrails,
        r.endpoint,
        r.tuned,
        bench.name,
        parallel=r.parallel,
        base_prices=(base.usd_per_million_prompt_tokens, base.usd_per_million_completion_tokens),
        tuned_prices=(tuned.usd_per_million_prompt_tokens, tuned.usd_per_million_completion_tokens),
    )


def _guardrail(request: GuardrailRequest) -> PlannedGuardrail:
    total, worst = _Asked(0, 0, 0, 0), Decimal(0)
    priced = True
    for run in request.runs():
        probes = read_held_out(run.dataset)
        found = _asked(run, probes, probes.samples)
        total = _Asked(*(a + b for a, b in zip(total, found, strict=True)))
        usd = _worst(run, found)
        priced, worst = priced and usd is not None, worst + (usd or 0)
    return PlannedGuardrail(
        name=request.set_name,
        requests=total.missing,
        known=total.known,
        prompt_tokens=total.tokens_in,
        completion_tokens=total.tokens_out,
        worst_case_usd=worst if priced else None,
    )


def refuse_over_budget(benches: list[Bench]) -> None:
    """Raise RefusedError when nobody knows what it costs, or the budget has no room for it.

    One bench is a ladder: the budget must have room for one of its rungs, `Purse` watches over the others. Several are
    the points of a curve, which is nothing without all of them.
    """
    first = benches[0].request
    if (_priced(first) and first.budget_usd is None) or (not _priced(first) and first.unpriced):
        return
    plans = [planned(bench) for bench in benches]
    asked, budget = sum(p.requests for p in plans), first.budget_usd
    costs = [a.worst_case_usd for p in plans for a in p.arms if a.requests]
    if asked == 0:
        return
    if any(c is None for c in costs) or budget is None:
        if first.unpriced:
            return
        raise RefusedError(
            f"{asked:,} completions would be asked for, and what they cost is unknown",
            where=first.endpoint.identity,
            remedy="Give the model's prices, or say that unknown costs are accepted (--unpriced).",
        )
    known = [c for c in costs if c is not None]
    least = min(known) if len(benches) == 1 else sum(known, Decimal(0))
    if least > budget:
        what = "the cheapest rung" if len(benches) == 1 else "it"
        raise RefusedError(
            f"{what} could cost up to {_usd(least)}, the budget is {_usd(budget)}",
            remedy="Raise the budget, or measure fewer samples (--limit) or rungs (--arm).",
        )


def _priced(request: LadderRequest) -> bool:
    return None not in (request.usd_per_million_prompt_tokens, request.usd_per_million_completion_tokens)


def _usd(sum_: Decimal) -> str:
    return f"${sum_:.2f}" if sum_ >= 1 else f"${sum_:.4f}"


class Purse:
    """What is left of a ladder's budget. A rung begins only when its worst case fits, so the budget is never passed."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._left = bench.request.budget_usd
        self._worst = Decimal(0)

    def no_room_for(self, what: ArmName | GuardrailRequest) -> Line | None:
        """Why a rung, or a guardrail set, may not be begun; None: it may."""
        if self._left is None:
            return None
        planned = _guardrail(what) if isinstance(what, GuardrailRequest) else _arm(self._bench, what)
        worst = planned.worst_case_usd
        self._worst = worst or Decimal(0)
        return line("over_budget", worst=worst, left=self._left) if worst is not None and worst > self._left else None

    def pay(self, arm: Arm | Guarded) -> None:
        """Take off what was measured cost; its worst case where that is not known."""
        if self._left is not None and arm.asked:
            # Answers that were kept from before count too: too much is taken off rather than too little.
            self._left -= self._worst if arm.cost_usd is None else arm.cost_usd


def _arm(bench: Bench, name: ArmName) -> PlannedArm:
    skipped = bench.skipped(name)
    if skipped or name in WITHOUT_MODEL:
        return PlannedArm(name=name, requests=0, known=0, worst_case_usd=Decimal(0), why_not=skipped)
    request = bench.run_request("better_prompt" if name == "chain" else name)
    asked = _chain(bench) if name == "chain" else _asked(request, bench.held_out, bench.samples)
    return PlannedArm(
        name=name,
        requests=asked.missing,
        known=asked.known,
        prompt_tokens=asked.tokens_in,
        completion_tokens=asked.tokens_out,
        worst_case_usd=_worst(request, asked),
    )


def _worst(request: RunRequest, asked: "_Asked") -> Decimal | None:
    sent, made = request.usd_per_million_prompt_tokens, request.usd_per_million_completion_tokens
    if not asked.missing:
        return Decimal(0)
    return None if sent is None or made is None else (sent * asked.tokens_in + made * asked.tokens_out) / 1_000_000


class _Asked(NamedTuple):
    """Completions still to be asked for and known ones, with the tokens of the former at most."""

    missing: int
    known: int
    tokens_in: int
    tokens_out: int


def _asked(request: RunRequest, held_out: HeldOut, samples: Sequence[HeldOutSample]) -> _Asked:
    from tools.evals.store import completions

    prepared = prepare(request.prompt, held_out)
    keys = {completion_key(request, prepared, s): s for s in samples}
    known = completions.known(list(keys))
    missing = [prepared.messages(s) for key, s in keys.items() if key not in known]
    sent = sum(_bytes(m) for messages in missing for m in messages)
    return _Asked(len(missing), len(known), sent, _most(request) * len(missing))


def _chain(bench: Bench) -> _Asked:
    """Step by step as far as answers are known; beyond that each draft is as long as allowed."""
    drafts: list[dict[str, Completion]] = []
    total = _Asked(0, 0, 0, 0)
    for step in range(len(bench.chain)):
        request = requests(bench, drafts)
        found = _asked(request, bench.held_out, bench.samples)
        if found.missing == 0:
            drafts.append(known_answers(bench, request))
            total = _Asked(*(a + b for a, b in zip(total, found, strict=True)))
            continue
        shared = step == 0 and _shares_first_step(bench)
        left, n = len(bench.chain) - step - shared, len(bench.samples)
        most = _most(request)
        prepared = prepare(requests(bench, []).prompt, bench.held_out)
        first = sum(_bytes(m) for s in bench.samples for m in prepared.messages(s))
        drafted = sum(range(len(bench.chain))) * (most + 2 * _PER_MESSAGE_TOKENS)
        missing = (0 if shared else found.missing) + n * (len(bench.chain) - step - 1)
        sent = first * left + n * (drafted + step_bytes(bench))
        return _Asked(total.missing + missing, total.known + found.known, sent, most * missing)
    return total


def _shares_first_step(bench: Bench) -> bool:
    """Whether the chain begins with the better prompt's own answers, which are then asked for once."""
    return bench.chain[0] == bench.instructions and "better_prompt" in (bench.request.arms or ARMS)


def _most(request: RunRequest) -> int:
    return request.max_tokens or int(threshold("evals.max_completion_tokens"))


def _bytes(message: Message) -> int:
    return len(json.dumps(message, ensure_ascii=False).encode()) + _PER_MESSAGE_TOKENS
