"""The end of a turn in plain text, for doors without cards: why, what would change it, what next, and the question."""

from agent import say as w
from agent.ask import Question
from agent.events import Recommended


def closing(recommended: Recommended | None, question: Question | None, language: str = "en") -> str:
    """Reasons, flips and the next step when the recommendation is new; then the question with its reason."""
    words = w.book(language)
    parts: list[str] = []
    if recommended is not None and recommended.changed and recommended.recommendation.status == "recommend":
        r = recommended.recommendation
        parts.append(words["confidence"][r.confidence])
        # Reasons and steps are kept in English; elsewhere the explanation has said them in the person's language.
        if language == "en":
            parts.append(w.bullets(words["because"], w.reasons(r)))
        parts.append(w.bullets(words["flips"], w.flip_texts(r, language)))
        if language == "en":
            parts.append(w.bullets(words["next"], r.next_steps[:3]))
    if question is not None:
        parts.append(question.question)
        parts.append(words["why"].format(why=question.why))
    return "\n\n".join(p for p in parts if p)
