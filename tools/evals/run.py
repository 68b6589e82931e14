"""Measuring one candidate on one held-out file: concurrent, stoppable, resumable, and nothing asked twice."""

import hashlib
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from knowledge.thresholds import threshold
from tools.endpoint import Completion, Endpoint, RejectedError, in_parallel
from tools.errors import UnavailableError
from tools.evals.graders import Grade, Grader
from tools.evals.graders.judge import refuse_own_judge
from tools.evals.graders.label import Label
from tools.evals.heldout import HeldOut, HeldOutSample, read_held_out
from tools.evals.judging import Answer, grades
from tools.evals.metric.records import MetricRef
from tools.evals.prompts import AsIs, Prepared, Prompt, prepare
from tools.evals.records import EvalRun, NewEval, Sample, checked_name
from tools.progress import Progress, silent

_KEEP_EVERY_SECONDS = 2.0


class RunRequest(BaseModel):
    """What to measure."""

    model_config = ConfigDict(frozen=True)

    dataset: Path
    """Held-out file: chat JSONL (the last assistant turn is the target) or lines of input and target."""
    endpoint: Endpoint
    grader: Grader
    prompt: Prompt = AsIs()
    metric: MetricRef | None = None
    """The metric that a person accepted and whose grader this is; kept with the eval."""
    name: str | None = None
    """None: FILE/MODEL-PROMPT, with a number where another eval has that name."""
    numbered: bool = False
    """Whether the name given may get a number as well."""
    limit: int | None = Field(default=None, ge=1)
    """Measure only the first so many samples."""
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    response_format: dict[str, Any] | None = None
    """Schema-constrained output, in chat format."""
    before: dict[str, Completion] = {}
    """By sample id, for the last step of a chain: what the steps before took. It counts in tokens, time and cost."""
    unwrap: str | None = None
    """With schema-constrained output: the JSON field that is the answer to be graded."""
    parallel: int | None = Field(default=None, ge=1, le=64)
    usd_per_million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    usd_per_million_completion_tokens: Decimal | None = Field(default=None, ge=0)
    """Prices to reckon the cost with; without both it stays unknown."""


class RunResult(EvalRun):
    """The eval as stored, with how it came about."""

    asked: int
    """Completions asked for now."""
    reused: int
    """Completions measured before with the same question, model and settings."""
    rejected: int
    """Samples the endpoint refused: stored without a score."""
    truncated: int
    """Completions cut off at the token limit."""
    empty: int = 0
    """Completions without a word."""
    left_out: int = 0
    """Few-shot examples passed over because the held-out file asks the same."""


def run(request: RunRequest, progress: Progress = silent) -> RunResult:
    """Measure a candidate and store the eval.

    Completions are kept every two seconds under the content of their question: after a stop, a crash or an endpoint
    that went down, the same request goes on where it was. An eval of the same name and request is returned as it is.

    Raises:
        InputError: the file, the key or the model cannot be used; or the name given is taken by another eval.
        RefusedError: the model under test would judge itself.
        UnavailableError: the endpoint went down; what it answered is kept.
        CancelledError: stopped through `progress`; likewise.
    """
    from tools.evals.store import adding, completions, kept_open

    refuse_own_judge(request.grader, request.endpoint.model)
    held_out = read_held_out(request.dataset)
    samples = held_out.samples[: request.limit]
    prepared = prepare(request.prompt, held_out)
    name = checked_name(request.name or f"{request.dataset.stem}/{request.endpoint.model}-{request.prompt.type}")
    keys = {s.sample_id: completion_key(request, prepared, s) for s in samples}
    started = time.monotonic()
    answers, unsaved, asked = _measure(request, samples, prepared, keys, progress)
    if request.before:
        answers = {i: _after(request.before.get(i), a) for i, a in answers.items()}
    new = _new_eval(request, held_out, prepared, name, answers, time.monotonic() - started if asked else None)
    given = [_answer(s, answers[s.sample_id], request) for s in samples]
    try:
        graded = grades(request.grader, given, progress, parallel=request.parallel)
    except BaseException:
        completions.keep(unsaved, request.endpoint.model)
        raise
    with kept_open():
        completions.keep(unsaved, request.endpoint.model)
        with adding() as (batch, kept):
            chosen = request.name is not None and not request.numbered
            number = batch.begin(new, _digest(request, keys), numbered=not chosen)
            batch.add(number, (_scored(s, answers[s.sample_id], graded[s.sample_id], request) for s in samples))
    done = [a for a in answers.values() if isinstance(a, Completion)]
    return RunResult(
        **kept[0].model_dump(),
        asked=asked,
        reused=len(samples) - asked,
        rejected=len(samples) - len(done),
        truncated=sum(a.finish_reason == "length" for a in done),
        empty=sum(not a.text.strip() for a in done),
        left_out=prepared.left_out,
    )


_Answer = Completion | RejectedError


def _measure(
    request: RunRequest,
    samples: tuple[HeldOutSample, ...],
    prepared: Prepared,
    keys: dict[str, str],
    progress: Progress,
) -> tuple[dict[str, _Answer], dict[str, Completion], int]:
    """The answers, those that are still to be kept, and how many were asked for now; kept at once if this is ended."""
    from tools.evals.store import completions

    before = completions.known(list(keys.values()))
    answers: dict[str, _Answer] = {
        s.sample_id: before[keys[s.sample_id]] for s in samples if keys[s.sample_id] in before
    }
    missing = [s for s in samples if s.sample_id not in answers]
    unsaved: dict[str, Completion] = {}
    whole = False
    last = time.monotonic()

    def ask(sample: HeldOutSample) -> Completion:
        return request.endpoint.complete(
            prepared.messages(sample),
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            tools=list(sample.tools) if sample.tools else None,
            response_format=request.response_format,
        )

    def tick() -> None:
        progress(len(answers), len(samples), f"{len(answers)} of {len(samples)} samples")

    at_once = request.parallel or int(threshold("evals.parallel_requests"))
    try:
        tick()
        for sample, answer in in_parallel(missing, ask, at_once=at_once, tick=tick):
            answers[sample.sample_id] = answer
            if isinstance(answer, Completion):
                unsaved[keys[sample.sample_id]] = answer
            if time.monotonic() - last > _KEEP_EVERY_SECONDS:
                completions.keep(unsaved, request.endpoint.model)
                unsaved, last = {}, time.monotonic()
        whole = True
    except UnavailableError as e:
        left = len(samples) - len(answers)
        raise UnavailableError(
            e.what,
            where=e.where,
            remedy=f"{e.remedy} {len(answers)} completions are kept; the same command asks for the other {left}.",
        ) from None
    finally:
        if not whole:
            completions.keep(unsaved, request.endpoint.model)
        request.endpoint.close()
    refused = [a for a in answers.values() if isinstance(a, RejectedError)]
    if refused and len(refused) == len(samples):
        raise refused[0]
    return answers, unsaved, len(missing)


def _after(before: Completion | None, answer: _Answer) -> _Answer:
    """An answer with what the steps before it took."""
    if before is None or isinstance(answer, RejectedError):
        return answer

    def total(a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else a + b

    return answer.model_copy(
        update={
            "prompt_tokens": total(before.prompt_tokens, answer.prompt_tokens),
            "completion_tokens": total(before.completion_tokens, answer.completion_tokens),
            "latency_ms": before.latency_ms + answer.latency_ms,
        }
    )


def completion_key(request: RunRequest, prepared: Prepared, sample: HeldOutSample) -> str:
    """Address of a completion by everything that could change it."""
    content = [
        request.endpoint.identity,
        request.endpoint.model,
        prepared.messages(sample),
        sample.tools,
        request.max_tokens or int(threshold("evals.max_completion_tokens")),
        request.temperature,
        request.response_format,
    ]
    return _sha256(content)


def _digest(request: RunRequest, keys: dict[str, str]) -> str:
    """Address of an eval: the completions it rests on and how they were graded."""
    metric = [request.metric.digest] if request.metric else []
    return _sha256([keys, request.unwrap, request.grader.type, request.grader.version, request.grader.spec(), *metric])


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _answer(sample: HeldOutSample, answer: _Answer, request: RunRequest) -> Answer:
    text = None if isinstance(answer, RejectedError) else _unwrapped(answer.text, request.unwrap)
    return Answer(sample.sample_id, sample.asked, text, sample.target, sample.item)


def _scored(sample: HeldOutSample, answer: _Answer, grade: Grade, request: RunRequest) -> Sample:
    category = _slice(sample, request)
    base = Sample(sample.sample_id, category, sample.cluster, sample.asked, sample.target)
    if isinstance(answer, RejectedError):
        return base._replace(details=json.dumps({"rejected": answer.what}, ensure_ascii=False))
    details = dict(grade.details or {})
    if answer.finish_reason not in ("stop", "tool_calls", None):
        details["finish_reason"] = answer.finish_reason
    return base._replace(
        completion=answer.text,
        score=grade.score,
        correct=grade.correct,
        latency_ms=answer.latency_ms,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        details=json.dumps(details, ensure_ascii=False) if details else None,
    )


def _slice(sample: HeldOutSample, request: RunRequest) -> str | None:
    """What divides the samples: the metric's fields, else the category, else the label."""
    fields = request.metric.slices if request.metric else ()
    if fields and fields != ("category",):
        shown = {f: sample.category if f == "category" else sample.item.get(f) for f in fields}
        return ", ".join(f"{f}={'' if v is None else v}" for f, v in shown.items())
    # Labels are slices of their own: a gain overall can hide a label that was lost.
    if sample.category is None and isinstance(request.grader, Label):
        return sample.target.strip()
    return sample.category


def _unwrapped(text: str, field: str | None) -> str:
    """The field of a JSON completion; the text itself where it is none, to be graded as what it is."""
    if field is None:
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    inner = found.get(field) if isinstance(found, dict) else None
    return inner if isinstance(inner, str) else text


def _new_eval(
    request: RunRequest,
    held_out: HeldOut,
    prepared: Prepared,
    name: str,
    answers: dict[str, _Answer],
    wall_seconds: float | None,
) -> NewEval:
    return NewEval(
        name=name,
        origin="run",
        source=request.endpoint.identity,
        model=request.endpoint.model,
        prompt=prepared.record,
        prompt_digest=hashlib.sha256(prepared.record.encode()).hexdigest(),
        dataset=held_out.file,
        dataset_digest=held_out.digest,
        grader=request.grader.type,
        grader_version=request.grader.version,
        grader_spec=request.grader.spec(),
        seed=getattr(request.prompt, "seed", None),
        cost_usd=_cost(request, answers),
        wall_seconds=wall_seconds,
        metric=request.metric.name if request.metric else None,
        metric_version=request.metric.version if request.metric else None,
        metric_digest=request.metric.digest if request.metric else None,
    )


def _cost(request: RunRequest, answers: dict[str, _Answer]) -> Decimal | None:
    """What these completions cost at the prices given; unknown where a price or a token count is."""
    sent, made = request.usd_per_million_prompt_tokens, request.usd_per_million_completion_tokens
    if sent is None or made is None:
        return None
    total = Decimal(0)
    for a in answers.values():
        if isinstance(a, Completion):
            if a.prompt_tokens is None or a.completion_tokens is None:
                return None
            total += (sent * a.prompt_tokens + made * a.completion_tokens) / 1_000_000
    return total.quantize(Decimal("0.000001"))
