"""The recommendation: one sentence, the ladder, reasons with sources, what would change it, what to do next."""

import hashlib
from importlib.metadata import version

from agent.facts import Facts
from agent.recommend import Flip, Recommendation
from agent.said import said
from agent.say import fact_label, value_label
from agent.standing import standing
from agent.translated import translated
from knowledge.sources import sources
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Item,
    ItemList,
    Ladder,
    Rung,
    Tone,
    Verdict,
)
from ui.chat.cards.understood import answers_block, unsaid_blocks
from ui.chat.words import Words, words

_TRAINING = {"fine_tune", "rag_plus_fine_tune"}


def tone_of(decision: str | None) -> Tone:
    """Go for training, stop for "don't", wait for what must come first."""
    if decision in _TRAINING:
        return "go"
    return "wait" if decision in ("collect_data_first", "define_evals_first") else "stop"


def recommendation_card(
    facts: Facts,
    recommendation: Recommendation,
    sentence: str,
    *,
    actions: list[Button] | None = None,
    language: str = "en",
) -> Card:
    """The card for a recommendation, or for a leaning while a question stands.

    Args:
        facts: what it was given for.
        recommendation: as the rules gave it, in English.
        sentence: the verdict in the person's language.
        actions: what can be done next.
        language: of the card.
    """
    w, known = words(language), facts.known()
    r = translated(recommendation, known, language)
    stands = r.status == "recommend"
    blocks: list[Block] = [
        Verdict(
            sentence=sentence,
            tone=tone_of(r.decision) if stands else "info",
            confidence=w(f"confidence.{r.confidence}") if stands else "",
            meaning=w(f"confidence_means.{r.confidence}"),
        ),
        _ladder(facts, r, w),
        ItemList(
            title=w("recommendation.because"),
            items=[Item(text=b.text, source=_title(b.source_key, w), href=_address(b.source_key)) for b in r.because],
        ),
    ]
    if r.next_steps:
        blocks.append(ItemList(title=w("recommendation.next"), items=[Item(text=s) for s in r.next_steps]))
    blocks += unsaid_blocks(r.declined, facts, language)
    if r.flips:
        flips = [Item(text=flip_words(f, language)) for f in r.flips]
        blocks.append(Details(summary=w("recommendation.flips"), blocks=[ItemList(items=flips)]))
    blocks.append(Details(summary=w("recommendation.annex"), blocks=_annex(r, _digest(recommendation), w)))
    blocks += answers_block(known, language)
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="recommendation", label=w("recommendation.label"), blocks=blocks, language=language)


def flip_words(flip: Flip, language: str = "en") -> str:
    """A flip as a sentence: if this were so, then that."""
    w = words(language)
    conditions = w("recommendation.and").join(
        f"{fact_label(f, language)}: {value_label(f, v, language)}" for f, v in flip.if_.items()
    )
    then = w.decision(flip.then.decision, flip.then.technique)
    return w("recommendation.flip", conditions=conditions, then=then)


def _ladder(facts: Facts, r: Recommendation, w: Words) -> Ladder:
    steps = [
        Rung(
            name=w.decision(s.rung) if s.rung != "fine_tune" else w("recommendation.training"),
            state=s.state,
            state_label=w(f"recommendation.states.{s.state}"),
            why=s.why if s.why != "tried" else w("recommendation.states.passed"),
        )
        for s in standing(facts, r)
    ]
    return Ladder(label=w("recommendation.ladder"), steps=steps)


def _annex(r: Recommendation, digest: str, w: Words) -> list[Block]:
    blocks: list[Block] = []
    if r.not_now:
        items = [Item(tag=w.decision(n.decision), text=n.text) for n in r.not_now]
        blocks.append(ItemList(title=w("recommendation.why_not"), items=items))
    if r.risks:
        blocks.append(ItemList(title=w("recommendation.risks"), items=[Item(text=t) for t in r.risks]))
    if unsaid := dict.fromkeys((*r.missing, *r.declined)):  # what was refused is open too, and lowers the confidence
        names = ", ".join(fact_label(f, w.language) for f in unsaid)
        blocks.append(ItemList(title=w("recommendation.still_open"), items=[Item(text=names)]))
    # The same facts give the same rule and digest by the same version, with any model or none.
    rule = Item(
        text=f"{w('recommendation.rule', rule=r.rule)} · Finetune Advisor {version('finetune-advisor')} · {digest}",
        tag=w("recommendation.how"),
    )
    blocks.append(ItemList(items=[rule]))
    return blocks


def _title(source_key: str, w: Words) -> str:
    """A source with the day it was read."""
    found = sources().get(source_key)
    if found is None:
        return source_key
    title = w("cited", title=found.title)  # sources keep their own names, and all of them are in English
    return f"{title} ({w('checked_on', date=said(str(found.checked_on), w.language))})"


def _address(source_key: str) -> str:
    found = sources().get(source_key)
    return found.url or "" if found else ""


def _digest(r: Recommendation) -> str:
    """Names what the rules said, in any language."""
    return hashlib.sha256(r.model_dump_json(by_alias=True).encode()).hexdigest()[:12]
