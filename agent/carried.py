"""What a case's recommendation carries beside the rules' own words: risks out of the person's estimates and wishes."""

from agent import say
from agent.case import Case
from agent.conclude import TRAINING
from agent.decide import decide
from agent.recommend import Recommendation
from agent.translated import translated


def advice(case: Case, language: str | None = None) -> Recommendation:
    """What the rules say on the case; what they conclude is never changed by what the person wishes.

    Args:
        case: what is known.
        language: of the risk that the person's own decision brings; the case's when None. All else is as `decide` gives
            it.
    """
    found = decide(case.facts_now(), frozenset(case.declined))
    risks = case.cost_risks if found.decision in TRAINING else own_decision_risks(case, found, language)
    return found.model_copy(update={"risks": (*risks, *found.risks)}) if risks else found


def own_decision_risks(case: Case, found: Recommendation, language: str | None = None) -> list[str]:
    """The risk of training where the rules advise something else: the first of their own reasons, with its source."""
    if not case.insists or found.decision is None or found.decision in TRAINING or found.status == "out_of_scope":
        return []
    lang = language or case.language
    reasons = say.reasons(translated(found, case.facts_now().known(), lang), limit=1)
    return [say.book(lang)["insists_risk"].format(quote=case.insists, reason=reason) for reason in reasons]


def noted_decision(case: Case, recommendation: Recommendation) -> str:
    """The answer to a person who must train: it is theirs to decide, what the rules say, and what it risks."""
    w = say.book(case.language)
    verdict = say.verdict_sentence(recommendation, case.language)
    if recommendation.status == "ask" and verdict:
        verdict = w["leaning"].format(verdict=verdict)
    if recommendation.decision in TRAINING:
        parts = [w["insists_agreed"], verdict]
    else:
        risks = own_decision_risks(case, recommendation)
        parts = [w["insists"], verdict, *(w["the_risk"].format(risk=risk) for risk in risks)]
    return "\n\n".join(part for part in parts if part)
