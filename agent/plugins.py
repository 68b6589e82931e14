"""The tools a mind may call: a fixed list, each a typed function of a desk and its arguments.

Launch and approval are not among them. Nothing here imports Semantic Kernel, so that other doors can be fed from the
same registry.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agent.case import Case, DatasetRef, Noted
from agent.facts import FACT_NAMES, parse_facts
from agent.recommend import Recommendation
from knowledge.search import Passage
from tools.errors import AdvisorError, InputError, NotFoundError


@dataclass
class Desk:
    """What a turn's tools work on: the case, the recommendation as the rules have it, and what the turn brought."""

    case: Case
    said: str
    recommendation: Recommendation
    owner: str = "local"
    passages: list[Passage] = field(default_factory=list)
    suggestions: dict[str, Noted] = field(default_factory=dict)
    plans: list[dict[str, Any]] = field(default_factory=list)
    results: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Every tool result of this turn, in order: the evidence that a text may lean on."""

    def dataset(self, dataset_id: str) -> DatasetRef:
        """A file of this case by its id; a path is never taken from a model."""
        for ref in self.case.datasets:
            if ref.id == dataset_id:
                return ref
        known = ", ".join(d.id for d in self.case.datasets) or "none yet"
        raise NotFoundError(
            "there is no such dataset in this case", where=dataset_id[:40], remedy=f"Datasets: {known}."
        )


Handler = Callable[[Desk, Any], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Tool:
    """One kernel function."""

    name: str
    description: str
    args: type[BaseModel]
    handler: Handler
    shown: bool = True
    """Whether a person sees that it runs."""


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FactArg(_Args):
    """One fact that the person stated."""

    fact: str = Field(description="Name of the fact, as in the contract.")
    value: Any = Field(description="Its value.")
    quote: str = Field(description="The person's own words for it, verbatim.")


class RecordFacts(_Args):
    """What the person's last message states."""

    facts: list[FactArg] = Field(description="Facts stated in the last message.")


class Nothing(_Args):
    """No arguments."""


class LookUp(_Args):
    """A question about the subject."""

    query: str = Field(description="What to look up, in a few words.")


class OfDataset(_Args):
    """A file of this case."""

    dataset_id: str = Field(description="Id of a dataset of this case.")


class Cost(OfDataset):
    """What to price."""

    provider: str = Field(default="local", description="openai, azure, together, local or another provider.")
    model: str = Field(default="HuggingFaceTB/SmolLM2-135M-Instruct", description="The base model to price.")
    assume: dict[str, str] = Field(
        default={}, description='Assumptions to change, such as {"requests_per_day": "500", "n_epochs": "2"}.'
    )


class Propose(OfDataset):
    """What to plan."""

    backend: str = Field(default="local", description="Where to train: local, openai or azure.")
    base_model: str | None = Field(default=None, description="The base model; leave out for the backend's own default.")
    technique: str = Field(default="sft", description="sft, dpo or rft.")


def supported(fact: str, value: Any, quote: str, said: str, language: str = "en") -> bool:
    """Whether the person's words carry a fact.

    The quote occurs verbatim, a number's digits stand in it, and the words there state something: what is asked,
    supposed, denied, ordered or said by others carries nothing.
    """
    from agent.extract.find import stated
    from agent.extract.numbers import find_numbers
    from agent.extract.words import LANGUAGES, words

    plain = " ".join(quote.split())
    if fact not in FACT_NAMES or not plain or plain.lower() not in " ".join(said.split()).lower():
        return False
    if not stated(fact, plain, " ".join(said.split()), language):
        return False
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    found = [n.value for lang in LANGUAGES for n in find_numbers(plain.lower(), words(lang))]
    return any(abs(value - n) < 1e-9 or abs(value - n / 100) < 1e-9 for n in found)


async def _record_facts(desk: Desk, args: RecordFacts) -> dict[str, Any]:
    """A model's reading is a suggestion: checked against the words, shown to confirm, never counted by itself."""
    kept, refused = [], []
    for item in args.facts[:20]:
        try:
            value = parse_facts({item.fact: item.value}).known()[item.fact]
        except (InputError, KeyError):
            refused.append(item.fact[:40])
            continue
        if item.fact in desk.case.facts or item.fact in desk.case.suggestions or item.fact == "in_scope":
            continue
        if supported(item.fact, value, item.quote, desk.said, desk.case.language):
            desk.suggestions[item.fact] = Noted(value=value, quote=item.quote, turn=desk.case.turn, by_model=True)
            kept.append(item.fact)
        else:
            refused.append(item.fact)
    return {"to_confirm": kept, "not_in_the_words": refused, "counted": sorted(desk.case.facts)}


async def _read_recommendation(desk: Desk, _args: Nothing) -> dict[str, Any]:
    return desk.recommendation.model_dump(mode="json", by_alias=True)


async def _look_up(desk: Desk, args: LookUp) -> dict[str, Any]:
    from knowledge.search import search

    found = await asyncio.to_thread(search, args.query[:300], 3)
    known = {p.id for p in desk.passages}
    desk.passages += [p for p in found if p.id not in known]
    return {"passages": [{"title": p.title, "text": p.text[:1200], "sources": list(p.sources)} for p in found]}


async def _lint(desk: Desk, args: OfDataset) -> dict[str, Any]:
    from tools.dataset import LintRequest, lint

    ref = desk.dataset(args.dataset_id)
    report = await asyncio.to_thread(lint, LintRequest(path=Path(ref.path), name=ref.name))
    return {
        "file": ref.name,
        "format": report.format,
        "technique": report.technique,
        "examples": report.examples,
        "ok": report.ok,
        # Codes, places and counts only: what stands in the rows is never a model's to read.
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity,
                "line": f.line,
                "count": f.count,
                "title": f.title,
                "fixable": f.fixable,
            }
            for f in report.findings[:40]
        ],
    }


async def _tokens(desk: Desk, args: OfDataset) -> dict[str, Any]:
    from tools.tokens import count

    report = await asyncio.to_thread(count, Path(desk.dataset(args.dataset_id).path))
    return report.model_dump(mode="json", exclude_none=True)


async def _cost(desk: Desk, args: Cost) -> dict[str, Any]:
    from agent.costing import cost_request
    from tools.cost import estimate

    case = desk.case.model_copy(update={"assumed": {**desk.case.assumed, **args.assume}})
    request = cost_request(case, args.provider, args.model, dataset=Path(desk.dataset(args.dataset_id).path))
    result = await asyncio.to_thread(estimate, request)
    return result.model_dump(mode="json", exclude_none=True)


async def _plan(desk: Desk, args: Propose) -> dict[str, Any]:
    """Proposing spends nothing. Approving is a person's click, which no function here can make."""
    from tools.jobs.models import PlanRequest
    from tools.jobs.plan import propose

    ref = desk.dataset(args.dataset_id)
    request = PlanRequest.model_validate(
        {
            "owner": desk.owner,
            "training_file": Path(ref.path),
            "backend": args.backend,
            "base_model": args.base_model,
            "technique": args.technique,
        }
    )
    plan = (await asyncio.to_thread(propose, request)).model_dump(mode="json")
    desk.plans.append(plan)
    if plan["id"] not in desk.case.plans:
        desk.case.plans.append(plan["id"])
    return plan


async def _jobs(desk: Desk, _args: Nothing) -> dict[str, Any]:
    from tools.jobs import view

    found = [await asyncio.to_thread(view.get, job_id, desk.owner) for job_id in desk.case.jobs]
    return {"jobs": [j.model_dump(mode="json", exclude={"events", "metrics"}) for j in found]}


async def _evals(desk: Desk, _args: Nothing) -> dict[str, Any]:
    from tools.evals import store

    if not desk.case.evals or not store.path().exists():
        return {"evals": []}
    wanted = set(desk.case.evals)
    found = await asyncio.to_thread(store.evals)
    return {"evals": [e.model_dump(mode="json", exclude={"prompt", "grader_spec"}) for e in found if e.name in wanted]}


TOOLS: dict[str, Tool] = {
    t.name: t
    for t in (
        Tool("record_facts", "Propose facts that the person's last message states; they must be confirmed to count.",
             RecordFacts, _record_facts, shown=False),
        Tool("read_recommendation", "The recommendation as the rules have it now.",
             Nothing, _read_recommendation, shown=False),
        Tool("look_up_knowledge", "Search the knowledge pages; passages with sources.", LookUp, _look_up),
        Tool("lint_dataset", "Check a dataset of this case; counts and rule codes.", OfDataset, _lint),
        Tool("count_tokens", "Count a dataset's tokens exactly.", OfDataset, _tokens),
        Tool("estimate_cost", "Price training and use from dated tables.", Cost, _cost),
        Tool("propose_plan", "Propose a training plan for a person to approve; starts nothing.", Propose, _plan),
        Tool("read_jobs", "The training jobs of this case and their status.", Nothing, _jobs),
        Tool("read_evals", "The evaluations of this case.", Nothing, _evals),
    )
}  # fmt: skip
"""Frozen: a test holds this list."""


async def call(tool: Tool, desk: Desk, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run one tool; every failure comes back as a result that says what is wrong and who must act, never as a raise."""
    from pydantic import ValidationError

    try:
        args = tool.args.model_validate(arguments)
    except ValidationError as e:
        return {
            "error": "invalid_arguments",
            "details": [
                {"field": ".".join(map(str, x["loc"])), "problem": x["msg"]}
                for x in e.errors(include_url=False, include_input=False)
            ],
        }
    try:
        result = await tool.handler(desk, args)
    except AdvisorError as e:
        return {"error": "refused", "message": _no_paths(str(e))}
    except (ImportError, OSError, ValueError, RuntimeError) as e:
        return {"error": "failed", "message": f"{tool.name} failed ({type(e).__name__}); try it from the command line"}
    desk.results.append((tool.name, result))
    return result


def _no_paths(message: str) -> str:
    """Folders of this machine are nothing for a model or a chat."""
    return re.sub(r"(?:/[\w.@-]+){2,}/([\w.@-]+)", r"\1", message)


def as_text(result: dict[str, Any], limit: int = 12_000) -> str:
    """A result as a model gets it: JSON, cut where it would flood a prompt."""
    text = json.dumps(result, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[:limit] + "…"
