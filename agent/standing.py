"""Where one stands on the ladder from prompt to training, and why each rung was passed or is not taken."""

from typing import Literal, NamedTuple

from agent.facts import Facts
from agent.recommend import Recommendation

State = Literal["passed", "here", "later", "not_now", "not_needed"]
RUNGS = ("prompt_engineering", "few_shot", "prompt_chaining", "function_calling", "rag", "fine_tune")
_EFFORTS = ("none", "single_prompt", "few_shot", "iterated", "systematic")


class Standing(NamedTuple):
    """One rung."""

    rung: str
    state: State
    why: str


def standing(facts: Facts, recommendation: Recommendation) -> list[Standing]:
    """The rungs in order, each with its state; nothing is decided here, only read off the recommendation."""
    here = _here(facts, recommendation.decision)
    reasons: dict[str, str] = {item.decision: item.text for item in recommendation.not_now}
    result = []
    for rung in RUNGS:
        why = reasons.get(rung, "")
        if rung in here:
            result.append(Standing(rung, "here", ""))
        elif _tried(facts, rung):
            result.append(Standing(rung, "passed", why or "tried"))
        elif rung == "few_shot" and "prompt_engineering" in here:
            result.append(Standing(rung, "later", ""))  # the advice itself asks for examples, once instructions stand
        elif rung in reasons or _unnamed(facts, recommendation):
            result.append(Standing(rung, "not_now", why))
        else:
            result.append(Standing(rung, "not_needed", ""))
    return result


def _unnamed(facts: Facts, recommendation: Recommendation) -> bool:
    """What is wrong is not known: no rung can be called needless, it is only not taken now."""
    return not facts.gaps and recommendation.decision != "do_nothing"


def _effort(facts: Facts) -> int:
    return _EFFORTS.index(facts.prompt_effort) if facts.prompt_effort else 0


def _here(facts: Facts, decision: str | None) -> set[str]:
    if decision == "prompt_engineering":
        return {"few_shot"} if _effort(facts) >= 1 else {"prompt_engineering"}
    if decision == "rag_plus_fine_tune":
        return {"rag", "fine_tune"}
    return {decision} if decision in RUNGS else set()


def _tried(facts: Facts, rung: str) -> bool:
    return {
        "prompt_engineering": _effort(facts) >= 1,
        "few_shot": _effort(facts) >= 2,
        "prompt_chaining": facts.chaining_tried is True,
        "function_calling": facts.tools_tried is True,
        "rag": facts.rag_tried is True,
        "fine_tune": facts.already_tuned is True,
    }[rung]
