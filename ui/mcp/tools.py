"""What a program may call: reading and proposing. Launching, approving and deciding are a person's and not here.

Files are named by path, as on the command line. What stands in their rows never goes back: a program on the other side
most often is a language model, and rows are the user's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.errors import InputError
from tools.progress import Progress
from tools.records.owned import LOCAL

Handler = Callable[[Any, Progress], Awaitable[dict[str, Any]]]


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Tool:
    """One function of the door."""

    name: str
    description: str
    args: type[BaseModel]
    handler: Handler
    read_only: bool = True
    """False: it writes into the home folder (a case, a plan, a page). None of them spends or sends anything."""


class Nothing(_Args):
    """No arguments."""


class Advise(_Args):
    """One turn of a conversation."""

    text: str = Field(default="", max_length=20_000, description="What the person says, in their own words.")
    answers: dict[str, Any] = Field(
        default={}, description="Answers by fact; null for 'I don't know'. Values as in the question's options."
    )
    case_id: str = Field(default="", description="The case to go on with; empty begins a new one.")


class Decide(_Args):
    """Facts to decide on."""

    facts: dict[str, Any] = Field(description="Fact by name, as docs/facts.md lists them; a fact left out is unknown.")
    declined: list[str] = Field(default=[], description="Facts that were asked for and cannot be said.")


class LookUp(_Args):
    """A question about the subject."""

    query: str = Field(min_length=1, max_length=300, description="What to look up, in a few words.")


class OfFile(_Args):
    """A dataset."""

    path: Path = Field(description="A dataset file of this computer.")


class Lint(OfFile):
    """What to check, and for whom."""

    provider: str | None = Field(default=None, description="A provider, for its own limits and rules.")
    model: str | None = Field(default=None, description="The base model that is to be tuned.")


class Count(OfFile):
    """What to count, and for which model."""

    model: str | None = Field(default=None, description="The model whose tokenizer counts.")


class Price(_Args):
    """What to price."""

    provider: str = Field(description="A provider of the catalogue, such as azure, together or local.")
    model: str = Field(description="The base model.")
    path: Path | None = Field(default=None, description="The dataset, to count its tokens.")
    assume: dict[str, Any] = Field(
        default={}, description="Assumptions by name, such as requests_per_day, months, n_epochs."
    )


class Propose(_Args):
    """What to plan."""

    training_file: Path
    validation_file: Path | None = None
    backend: str = Field(default="local", description="Where to train.")
    base_model: str | None = Field(default=None, description="Leave out for the backend's own default.")
    technique: Literal["sft", "dpo", "rft"] = "sft"


class OfJob(_Args):
    """A job."""

    job_id: str


class Compare(_Args):
    """Two evaluations."""

    baseline: str
    candidate: str


class Page(_Args):
    """The page of a case."""

    case_id: str
    language: Literal["en", "de", "es", "fr", "zh"] | None = None


async def advise(args: Advise, progress: Progress) -> dict[str, Any]:
    """One turn; the case is kept, so that the chat and the page can go on with it."""
    from agent.turn import Conversation
    from tools.records.cases import save_case
    from ui.cli.ask import turn
    from ui.mcp.cases import begun, opened

    if not args.text.strip() and not args.answers:
        raise InputError("there is neither text nor an answer", remedy="Say something, or answer the last question.")
    case, before, version = await asyncio.to_thread(opened, args.case_id) if args.case_id else (begun(), {}, 0)
    conversation = Conversation(case, owner=LOCAL)
    out: dict[str, Any] = {}
    if args.answers:
        from ui.cli.ask import answers

        out = await turn(conversation, answers(conversation, args.answers))
    if args.text.strip():
        out = await turn(conversation, conversation.say(args.text))
    title = next((line.text for line in case.chat if line.role == "user"), "") or "Case"
    document = {"cards": {}, **before, "case": case.model_dump(mode="json")}
    short = " ".join(title.split())[:80]
    await asyncio.to_thread(save_case, case.id, LOCAL, short, document, expected_version=version)
    return {"case_id": case.id, **out}


async def decide(args: Decide, progress: Progress) -> dict[str, Any]:
    """Pure: the same facts, the same recommendation."""
    from agent.decide import decide as decide_now
    from agent.facts import FACT_NAMES, parse_facts

    if unknown := [d for d in args.declined if d not in FACT_NAMES]:
        raise InputError(f"there is no fact named {unknown[0]!r}", where="declined")
    found = decide_now(parse_facts(args.facts), frozenset(args.declined))
    return found.model_dump(mode="json", by_alias=True)


async def look_up(args: LookUp, progress: Progress) -> dict[str, Any]:
    """Pages that answer, with their sources; nothing when none does."""
    from knowledge.search import search

    found = await asyncio.to_thread(search, args.query, 3)
    return {"passages": [{"title": p.title, "text": p.text, "sources": list(p.sources)} for p in found]}


async def lint(args: Lint, progress: Progress) -> dict[str, Any]:
    """Codes, places and counts; no excerpt of any row."""
    from tools.dataset import LintRequest
    from tools.dataset import lint as check

    request = LintRequest(path=args.path, provider=args.provider, model=args.model)
    report = await asyncio.to_thread(check, request, progress)
    shown = ("rule", "severity", "line", "count", "title", "remedy", "fixable")
    return {
        "file": args.path.name,
        "format": report.format,
        "technique": report.technique,
        "examples": report.examples,
        "ok": report.ok,
        "findings": [f.model_dump(mode="json", include=set(shown)) for f in report.findings],
    }


async def count_tokens(args: Count, progress: Progress) -> dict[str, Any]:
    """Exact where the tokenizer is known, a range where it is not."""
    from tools.tokens import count

    report = await asyncio.to_thread(count, args.path, args.model)
    if not report.examples:
        raise InputError("no example can be read", where=args.path.name, remedy="`lint` says why.")
    return report.model_dump(mode="json", exclude_none=True)


async def estimate_cost(args: Price, progress: Progress) -> dict[str, Any]:
    """Ranges with the source of every price; what is not known is null with the reason."""
    from tools.cost import estimate
    from tools.cost.request import CostRequest

    given = {**args.assume, "provider": args.provider, "model": args.model, "dataset": args.path}
    request = CostRequest.model_validate({k: v for k, v in given.items() if v is not None})
    return (await asyncio.to_thread(estimate, request, progress)).model_dump(mode="json")


async def propose_plan(args: Propose, progress: Progress) -> dict[str, Any]:
    """Spends nothing and starts nothing: a person approves the exact plan, here or in the chat."""
    from tools.jobs.models import PlanRequest
    from tools.jobs.plan import propose

    for path in (args.training_file, args.validation_file):
        if path is not None:
            await asyncio.to_thread(_is_a_dataset, path)
    request = PlanRequest.model_validate({**args.model_dump(), "owner": LOCAL})
    plan = await asyncio.to_thread(propose, request, progress)
    how = f"A person approves and launches it: finetune-advisor jobs approve {plan.id}"
    told = plan.model_dump(mode="json")
    for blocker in told["blockers"]:
        if blocker["code"].startswith("lint:"):
            blocker["message"] = _without_words(blocker["message"])
    told["warnings"] = [_without_words(w) if w.startswith("FT") else w for w in told["warnings"]]
    return {**told, "approval": how}


def _is_a_dataset(path: Path) -> None:
    """A plan keeps a copy of its files, so a program cannot have any file of this computer kept."""
    from tools.dataset.reading import Reading

    if Reading(path).recognised.format is None:
        raise InputError("no example can be read", where=path.name, remedy="`lint` says why.")


def _without_words(said: str) -> str:
    """A finding by rule and line: its words may quote a row."""
    return f"{said.split(':', 1)[0]}. The words may quote rows: see the command line, or call `lint`."


async def list_jobs(args: Nothing, progress: Progress) -> dict[str, Any]:
    """The jobs of this computer, the newest first."""
    from tools.jobs import view

    found = await asyncio.to_thread(view.list_jobs, LOCAL)
    return {"jobs": [j.model_dump(mode="json") for j in found]}


async def read_job(args: OfJob, progress: Progress) -> dict[str, Any]:
    """One job with its events and what was measured."""
    from tools.jobs import view

    return (await asyncio.to_thread(view.report, args.job_id, LOCAL)).model_dump(mode="json")


async def list_evals(args: Nothing, progress: Progress) -> dict[str, Any]:
    """The evaluations, with score, interval and n."""
    from tools.evals import store

    found = await asyncio.to_thread(store.evals) if store.path().exists() else []
    return {"evals": [e.model_dump(mode="json", exclude={"prompt", "grader_spec", "source"}) for e in found]}


async def compare_evals(args: Compare, progress: Progress) -> dict[str, Any]:
    """Paired by row; how many rows got worse, not what stands in them."""
    from tools.evals.beside import with_guardrails
    from tools.evals.compare import CompareRequest, compare

    request = CompareRequest(baseline=args.baseline, candidate=args.candidate, most_flips=0)
    return (await asyncio.to_thread(lambda: with_guardrails(compare(request)))).model_dump(mode="json")


async def write_page(args: Page, progress: Progress) -> dict[str, Any]:
    """The decision record, kept; deciding on it is a person's."""
    from datetime import UTC, datetime

    from agent.page import decision_record
    from tools.report import keeping, markdown
    from ui.mcp.cases import stored

    def made() -> dict[str, Any]:
        case = stored(args.case_id)
        record = decision_record(case, owner=LOCAL, now=datetime.now(UTC), language=args.language)
        kept = keeping.keep(record, LOCAL)
        return {"page_id": kept.id, "digest": kept.digest, "status": kept.status, "markdown": markdown(record)}

    return await asyncio.to_thread(made)


TOOLS: dict[str, Tool] = {
    t.name: t
    for t in (
        Tool("advise", "Should I fine-tune? One turn of the conversation: what was understood, the next question or "
             "the recommendation. Rules decide.", Advise, advise, read_only=False),
        Tool("decide", "Facts in, recommendation out.", Decide, decide),
        Tool("look_up", "Search the knowledge pages; passages with sources.", LookUp, look_up),
        Tool("lint", "Check a training file: rule codes, lines and counts.", Lint, lint),
        Tool("count_tokens", "Count a dataset's tokens.", Count, count_tokens),
        Tool("estimate_cost", "Price training, hosting and use from dated tables.", Price, estimate_cost),
        Tool("propose_plan", "Propose a training plan for a person to approve; starts nothing.",
             Propose, propose_plan, read_only=False),
        Tool("list_jobs", "The training jobs and their status.", Nothing, list_jobs),
        Tool("read_job", "One job with events and metrics.", OfJob, read_job),
        Tool("list_evals", "The evaluations with score, interval and n.", Nothing, list_evals),
        Tool("compare_evals", "Compare two evaluations, paired by row.", Compare, compare_evals),
        Tool("write_page", "Write the decision record of a case as Markdown.", Page, write_page, read_only=False),
    )
}  # fmt: skip
"""Frozen: a test holds this list, and that nothing on it launches, approves or decides on a page."""
