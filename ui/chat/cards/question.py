"""One question with its options; free text is always accepted beside them."""

from typing import Any

from agent.ask import Question
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Option, Options, Text


def question_card(question: Question, *, can_go_back: bool) -> Card:
    """The question, why it is asked, its options, "I don't know", back."""
    extra = [Button(label="Why do you ask?", action="why", style="quiet", again=True)]
    if can_go_back:
        extra.append(Button(label="Back", action="back", style="quiet"))
    blocks: list[Block] = [
        Text(text=question.question),
        Options(
            fact=question.fact,
            question=question.question,
            items=[Option(value=_single(o.value), label=o.label) for o in question.options],
            multi=question.kind == "many_of",
        ),
        Text(text=f"Or type your answer{': ' + question.free if question.free else '.'}", muted=True),
        Buttons(items=extra),
    ]
    return Card(name="question", label="Question", blocks=blocks)


def sharpening_card(question: Question, lead: str) -> Card:
    """A question that may be left alone: the recommendation stands, and this could still change it."""
    card = question_card(question, can_go_back=False)
    blocks = [Text(text=lead, muted=True), *(b for b in card.blocks if isinstance(b, Text | Options))][:3]
    return Card(name="sharpen", label="One more question", blocks=[*blocks, Text(text=question.why, muted=True)])


def _single(value: Any) -> Any:
    """Where several may be chosen, each option is one of them: ["knowledge"] becomes "knowledge"."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
