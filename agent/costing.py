"""One way to ask what it costs: from what the case knows, with what the person changed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.case import Case
from knowledge.prices import Technique

if TYPE_CHECKING:
    from tools.cost import CostEstimate, CostRequest

TRAINED_AS: dict[str, Technique] = {
    "sft": "sft",
    "distillation": "sft",
    "raft": "sft",
    "dpo": "dpo",
    "rft": "rft",
    "vision_sft": "vision_sft",
}
"""Technique of a recommendation -> what providers charge for."""


def cost_request(
    case: Case, provider: str, model: str, *, dataset: Path | None = None, technique: str | None = None
) -> "CostRequest":
    """A request with the case's facts and changed assumptions in it.

    Raises:
        InputError: an assumption cannot have that value.
    """
    from tools.cost import request_from_facts

    known = case.facts_now().known()
    given: dict[str, Any] = {"dataset": dataset, "technique": technique}
    return request_from_facts(known, provider=provider, model=model, assume=case.assumed, **given)


def assume(case: Case, changes: dict[str, Any]) -> None:
    """Keep assumptions that a person changed; an empty value puts ours back.

    Raises:
        InputError: there is no such assumption, or it cannot have that value. Nothing is kept then.
    """
    from tools.cost.request import parse_request

    merged = {**case.assumed, **{str(k): str(v).strip().replace(",", "") for k, v in changes.items()}}
    kept = {k: v for k, v in merged.items() if v}
    parse_request(kept, provider="local", model="any")
    case.assumed = kept


def keep_risks(case: Case, estimates: "list[CostEstimate]") -> None:
    """What the recommendation must carry from now on: of the latest estimates, not of those before."""
    from tools.cost import risks_of

    case.cost_risks = list(dict.fromkeys(risk for e in estimates for risk in risks_of(e)))
