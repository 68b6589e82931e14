"""What a ladder would ask for and cost at worst, before anything is asked."""

import json
from decimal import Decimal
from typing import NamedTuple

from knowledge.thresholds import threshold
from tools.endpoint import Completion, Message
from tools.errors import RefusedError
from tools.evals.prompts import prepare
from tools.evals.run import RunRequest, completion_key
from tools.ladder.arms import Bench
from tools.ladder.chain import known_answers, requests, step_bytes
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
        prompt_tokens=sum(a.prompt_tokens for a in arms),
        completion_tokens=sum(a.completion_tokens for a in arms),
        worst_case_usd=None if any(c is None for c in costs) else sum((c for c in costs if c is not None), Decimal(0)),
        grader=bench.grader.type,
        why_grader="chosen by you" if bench.request.grader else bench.proposal.why,
        leaked=bench.leaked,
        leaked_passages=bench.leaked_passages,
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
    asked = _chain(bench) if name == "chain" else _asked(bench, bench.run_request(name))
    request = bench.run_request("better_prompt" if name == "chain" else name)
    sent, made = request.usd_per_million_prompt_tokens, request.usd_per_million_completion_tokens
    usd = None if sent is None or made is None else (sent * asked.tokens_in + made * asked.tokens_out) / 1_000_000
    return PlannedArm(
        name=name,
        requests=asked.missing,
        known=asked.known,
        prompt_tokens=asked.tokens_in,
        completion_tokens=asked.tokens_out,
        worst_case_usd=usd if asked.missing else Decimal(0),
    )


class _Asked(NamedTuple):
    """Completions still to be asked for and known ones, with the tokens of the former at most."""

    missing: int
    known: int
    tokens_in: int
    tokens_out: int


def _asked(bench: Bench, request: RunRequest) -> _Asked:
    from tools.evals.store import completions

    prepared = prepare(request.prompt, bench.held_out)
    keys = {completion_key(request, prepared, s): s for s in bench.samples}
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
        found = _asked(bench, request)
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
