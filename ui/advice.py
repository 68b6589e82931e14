"""Advice and measurements of a case, written down for the scoreboard. The doors of the chat and the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.case import Case
    from agent.recommend import Recommendation


def note_advice(owner: str, case: "Case") -> None:
    """Keep the recommendation that stands in a case, once; a question that is still open is no advice yet."""
    from agent.recommend import Recommendation

    if case.shown:
        _keep(owner, case.id, Recommendation.model_validate_json(case.shown), case.facts_now().known())


def note_before_measuring(owner: str, facts: dict[str, Any]) -> str:
    """Keep what the rules say on facts before anything is measured; the id of that case."""
    from agent.decide import decide
    from agent.facts import parse_facts
    from tools.scoreboard.book import facts_digest

    known = parse_facts(facts).known()
    case_id = f"facts:{facts_digest(known)[:24]}"
    _keep(owner, case_id, decide(parse_facts(known)), known)
    return case_id


def _keep(owner: str, case_id: str, recommendation: "Recommendation", facts: dict[str, Any]) -> None:
    from tools.scoreboard.book import facts_digest, record_advice, rules_digest
    from tools.scoreboard.records import NewAdvice

    if recommendation.status != "recommend" or recommendation.decision is None:
        return
    record_advice(
        owner,
        NewAdvice(
            case_id=case_id,
            facts_digest=facts_digest(facts),
            decision=recommendation.decision,
            technique=recommendation.technique,
            confidence=recommendation.confidence,
            rule=recommendation.rule,
            rules_digest=rules_digest(),
        ),
    )


def note_tuned(owner: str, case_id: str, comparison: Any) -> None:
    """Keep what a comparison of the best prompt with the tuned model found."""
    from tools.scoreboard.findings import of_tuned

    source = f"{comparison.baseline_name} | {comparison.candidate_name}"
    _outcome(owner, case_id, source, of_tuned(comparison), comparison.n)


def note_prompt(owner: str, case_id: str, found: Any, target: float | None) -> None:
    """Keep whether a prompt alone reached the target, with its whole interval."""
    if target is not None and found.ci_low is not None and found.ci_low >= target:
        _outcome(owner, case_id, found.name, ("prompt_met_target",), found.scored)


def note_ladder(owner: str, case_id: str, result: Any, target: float | None) -> None:
    """Keep what a ladder found."""
    from tools.scoreboard.findings import of_ladder

    source = " | ".join(a.eval for a in result.arms if a.eval)
    _outcome(owner, case_id, source, of_ladder(result, target), result.n)


def _outcome(owner: str, case_id: str, source: str, findings: tuple[str, ...], n: int) -> None:
    from tools.scoreboard.book import record_outcome
    from tools.scoreboard.records import NewOutcome

    record_outcome(owner, NewOutcome(case_id=case_id, source=source, findings=findings, n=n))
