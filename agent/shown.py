"""The end of a turn in plain text, for doors without cards: why, what would change it, what next, and the question."""

from collections.abc import Mapping
from typing import Any

from agent import say as w
from agent.ask import Question
from agent.events import Recommended
from agent.translated import translated


def closing(
    recommended: Recommended | None, question: Question | None, facts: Mapping[str, Any], language: str = "en"
) -> str:
    """Reasons, flips and the next step when the recommendation is new; then the question with its reason.

    Args:
        recommended: what was concluded in this turn, if anything.
        question: the question that stands.
        facts: the known facts, by name.
        language: of the text.
    """
    words = w.book(language)
    parts: list[str] = []
    if recommended is not None and recommended.changed and recommended.recommendation.status == "recommend":
        r = translated(recommended.recommendation, facts, language)
        parts.append(words["confidence"][r.confidence])
        parts.append(w.bullets(words["because"], w.reasons(r)))
        parts.append(w.bullets(words["flips"], w.flip_texts(r, language)))
        parts.append(w.bullets(words["next"], r.next_steps[:3]))
    if question is not None:
        parts.append(question.question)
        parts.append(words["why"].format(why=question.why))
    return "\n\n".join(p for p in parts if p)
