"""One question with its options; free text is always accepted beside them."""

from collections.abc import Mapping
from typing import Any

from agent.ask import Question
from agent.say import book, value_label
from knowledge.thresholds import threshold
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Option, OptionGroup, Options, Text
from ui.chat.cards.understood import answers_block
from ui.chat.words import words


def question_card(
    question: Question,
    *,
    can_go_back: bool,
    asked: int = 0,
    known: Mapping[str, Any] | None = None,
    language: str = "en",
) -> Card:
    """The question, why it is asked, its options, "I don't know", back.

    Args:
        question: in the person's language.
        can_go_back: there is an answer to take back.
        asked: the how-manieth it is; 0 where that is not told.
        known: the answers so far, to be checked before there is any verdict.
        language: of the card.
    """
    w = words(language)
    extra = [Button(label=w("question.why"), action="why", style="quiet", again=True)]
    if can_go_back:
        extra.append(Button(label=w("question.back"), action="back", style="quiet"))
    blocks: list[Block] = [
        Text(text=question.question),
        Options(
            fact=question.fact,
            question=question.question,
            items=[Option(value=_single(o.value), label=o.label, also=o.also) for o in question.options],
            groups=[OptionGroup(label=g.label, options=list(g.options)) for g in question.groups],
            multi=question.kind == "many_of",
            confirm_label=w("question.these"),
            unknown_label=w("question.unknown"),
        ),
        *proposal(question, language),
        Text(
            text=w("question.type_free", free=question.free) if question.free else w("question.type"),
            muted=True,
        ),
        Buttons(items=extra),
    ]
    blocks += answers_block(known or {}, language)
    most = int(threshold("decision.most_questions"))
    if 0 < asked <= most:
        blocks.insert(0, Text(text=w("question.nth", n=asked, most=most), muted=True))
    return Card(name="question", label=w("question.label"), blocks=blocks, language=language)


def sharpening_card(question: Question, lead: str, language: str = "en") -> Card:
    """A question that may be left alone: the recommendation stands, and this could still change it."""
    card = question_card(question, can_go_back=False, language=language)
    blocks = [Text(text=lead, muted=True), *(b for b in card.blocks if isinstance(b, Text | Options))][:3]
    return Card(
        name="sharpen",
        label=words(language)("question.one_more"),
        blocks=[*blocks, Text(text=question.why, muted=True)],
        language=language,
    )


def proposal(question: Question, language: str) -> list[Block]:
    """What was half heard, as an answer to take with one click; nothing where nothing was."""
    if not question.heard:
        return []
    label = value_label(question.fact, question.proposed, language)
    text = book(language)["proposed"].format(value=label, quote=question.heard)
    payload = {"fact": question.fact, "value": question.proposed, "label": label}
    return [Text(text=text, muted=True), Buttons(items=[Button(label=label, action="answer", payload=payload)])]


def _single(value: Any) -> Any:
    """Where several may be chosen, each option is one of them: ["knowledge"] becomes "knowledge"."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
