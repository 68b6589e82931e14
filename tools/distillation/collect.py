"""From prompts to a dataset: planned, agreed to, asked, filtered, written. Stop at any time; it goes on from there."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.distillation import terms
from tools.distillation.asking import Answer, Asker, Budget, Prices
from tools.distillation.filters import RuleFilters, judge_messages, mark
from tools.distillation.prompts import Asked, read
from tools.distillation.records import DistilPlan, DistilRequest, DistilResult, Judge, TermsRecord
from tools.endpoint import Completion
from tools.errors import InputError, RefusedError
from tools.progress import Progress, silent

_JUDGE_TOKENS = 8


def plan(request: DistilRequest) -> DistilPlan:
    """What would be asked and cost at most. Sends nothing.

    Raises:
        InputError: the prompts, the schema or the examples cannot be used.
    """
    return _planned(request, read(request.prompts, request.prompt, request.limit))


def collect(request: DistilRequest, progress: Progress = silent) -> DistilResult:
    """Ask the teacher, filter, and write the dataset.

    Raises:
        RefusedError: the terms are not accepted, no budget is given, or it ends; what was answered is kept.
        InputError: the prompts, the key, a filter or the place to write cannot be used.
        UnavailableError: an endpoint went down; what it answered is kept.
        CancelledError: stopped through `progress`; likewise.
    """
    agreed = terms.require(request.teacher, request.person)
    if request.filters.judge is not None:
        terms.require(request.filters.judge.endpoint, request.person)
    if request.prompts.resolve() in (request.out.resolve(), _beside(request.out).resolve()):
        raise InputError("the result would overwrite the prompts", where=str(request.out), remedy="Name another file.")
    asked = read(request.prompts, request.prompt, request.limit)
    rules = RuleFilters(request.filters)
    _refuse_without_budget(request, _planned(request, asked))
    budget = Budget(request.budget_usd, request.budget_tokens)
    teacher = _teacher(request, budget)
    keys = {one.line: teacher.key(one.sent) for one in asked}
    answers = teacher.ask({keys[one.line]: one.sent for one in asked}, progress, "answers")
    dropped: list[tuple[Asked, Answer, str]] = []
    kept: list[tuple[Asked, Completion]] = []
    for one in asked:
        answer = answers[keys[one.line]]
        reason = rules.reason(answer, one.reference, one.item)
        if reason is None and isinstance(answer, Completion):
            kept.append((one, answer))
        else:
            dropped.append((one, answer, reason or "endpoint_refused"))
    judging = 0
    if request.filters.judge is not None:
        kept, out, judging = _judged(request.filters.judge, request, kept, budget, progress)
        dropped += out
    if not kept:
        found = Counter(why for *_, why in dropped).most_common()
        counts = ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in found)
        cut = bool(found) and found[0][0] == "cut_off"
        remedy = "Let answers be longer: --max-tokens." if cut else "Loosen them."
        raise InputError(f"no answer passed the filters ({counts})", where=request.prompts.name, remedy=remedy)
    requests = teacher.asked + judging
    return _written(request, agreed, kept, dropped, requests, teacher.reused, budget, answers)


def _beside(out: Path) -> Path:
    """Where what was left out is written."""
    return out.with_name(out.stem + ".dropped.jsonl")


def _teacher(request: DistilRequest, budget: Budget) -> Asker:
    prices = Prices(request.usd_per_million_prompt_tokens, request.usd_per_million_completion_tokens)
    return Asker(
        request.teacher,
        prices,
        budget,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        at_once=request.parallel,
    )


def _judge(judge: Judge, budget: Budget, at_once: int) -> Asker:
    prices = Prices(judge.usd_per_million_prompt_tokens, judge.usd_per_million_completion_tokens)
    return Asker(judge.endpoint, prices, budget, max_tokens=_JUDGE_TOKENS, temperature=0.0, at_once=at_once)


def _planned(request: DistilRequest, asked: list[Asked]) -> DistilPlan:
    from tools.evals.store import completions

    nothing = Budget(None, None)
    teacher = _teacher(request, nothing)
    keys = {teacher.key(one.sent): one for one in asked}
    known = completions.known(list(keys))
    missing = [one for key, one in keys.items() if key not in known]
    sizes = [teacher.worst(one.sent) for one in missing]
    judging = 0
    if (judge := request.filters.judge) is not None:
        # An answer's length in bytes is not known yet: at most four a token.
        longest = "x" * 4 * request.max_tokens
        asker = _judge(judge, nothing, request.parallel)
        sizes += [asker.worst(judge_messages(judge, one.own, longest)) for one in asked]
        judging = len(asked)
    costs = [usd for _, usd in sizes]
    return DistilPlan(
        prompts=len(asked),
        known=len(known),
        requests=len(missing),
        judge_requests=judging,
        most_tokens=sum(tokens for tokens, _ in sizes),
        worst_case_usd=None if None in costs else sum((c for c in costs if c is not None), Decimal(0)),
        terms=terms.shown(request.teacher),
        terms_accepted=terms.accepted(request.teacher, request.person) is not None,
    )


def _refuse_without_budget(request: DistilRequest, planned: DistilPlan) -> None:
    if planned.requests + planned.judge_requests == 0 or planned.worst_case_usd == 0:
        return
    if request.budget_usd is not None and planned.worst_case_usd is None:
        raise RefusedError(
            "a budget in dollars cannot be kept without prices",
            where=request.teacher.identity,
            remedy="Give the prices (--usd-in, --usd-out), or a budget in tokens (--budget-tokens).",
        )
    if request.budget_usd is None and request.budget_tokens is None:
        usd = "unknown" if planned.worst_case_usd is None else f"${planned.worst_case_usd:.2f}"
        raise RefusedError(
            f"no budget is given for {planned.requests + planned.judge_requests:,} requests "
            f"(at most {planned.most_tokens:,} tokens, cost at most {usd})",
            where=request.teacher.identity,
            remedy="Say what it may take: --budget USD or --budget-tokens N.",
        )


def _judged(
    judge: Judge, request: DistilRequest, kept: list[tuple[Asked, Completion]], budget: Budget, progress: Progress
) -> tuple[list[tuple[Asked, Completion]], list[tuple[Asked, Answer, str]], int]:
    asker = _judge(judge, budget, request.parallel)
    questions = {one.line: judge_messages(judge, one.own, answer.text) for one, answer in kept}
    marks = asker.ask({asker.key(q): q for q in questions.values()}, progress, "judgements")
    passed, out = [], list[tuple[Asked, Answer, str]]()
    for one, answer in kept:
        given = mark(marks[asker.key(questions[one.line])])
        if given is not None and given >= judge.least:
            passed.append((one, answer))
        else:
            out.append((one, answer, "unjudged" if given is None else "judge"))
    return passed, out, asker.asked


def _written(
    request: DistilRequest,
    agreed: TermsRecord,
    kept: list[tuple[Asked, Completion]],
    dropped: list[tuple[Asked, Answer, str]],
    asked: int,
    reused: int,
    budget: Budget,
    answers: dict[str, Answer],
) -> DistilResult:
    rows = [{"messages": [*one.own, {"role": "assistant", "content": a.text.strip()}]} for one, a in kept]
    beside = _beside(request.out)
    _write(request.out, rows)
    if dropped:
        _write(beside, [_dropped(*one) for one in sorted(dropped, key=lambda d: d[0].line)])
    else:
        beside.unlink(missing_ok=True)
    done = [a for a in answers.values() if isinstance(a, Completion)]
    sent, made = [a.prompt_tokens for a in done], [a.completion_tokens for a in done]
    return DistilResult(
        out=request.out,
        rows=len(rows),
        asked=asked,
        reused=reused,
        dropped=dict(Counter(why for *_, why in dropped).most_common()),
        dropped_file=beside if dropped else None,
        prompt_tokens=None if None in sent else sum(n for n in sent if n is not None),
        completion_tokens=None if None in made else sum(n for n in made if n is not None),
        cost_usd=_cents(budget.cost_usd),
        cost_at_most_usd=_cents(budget.spent_usd),
        lost=budget.lost,
        terms=agreed,
    )


def _cents(usd: Decimal | None) -> Decimal | None:
    return None if usd is None else usd.quantize(Decimal("0.000001"))


def _dropped(one: Asked, answer: Answer, why: str) -> dict[str, Any]:
    said = answer.text if isinstance(answer, Completion) else None
    return {"line": one.line, "why": why, "messages": one.own, "answer": said}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Whole or not at all."""
    import jsonlines

    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with jsonlines.open(beside, "w", compact=True) as out:
            out.write_all(rows)
        beside.replace(path)
    except OSError as e:
        raise InputError(
            f"it cannot be written ({e.strerror})", where=str(path), remedy="Name another place."
        ) from None
    finally:
        beside.unlink(missing_ok=True)
