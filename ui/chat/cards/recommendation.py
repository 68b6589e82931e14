"""The recommendation: one sentence, the ladder, reasons with sources, what would change it, what to do next."""

from agent.facts import Facts
from agent.recommend import Flip, Recommendation
from agent.say import fact_label, value_label
from agent.standing import standing
from knowledge.rules import questions
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
from ui.chat.cards.words import decision_label

CONFIDENCE = {
    "high": "nothing that is still open would change it",
    "medium": "something that is still open could change it",
    "low": "it rests on facts that are not known; treat it as a leaning",
}
STATE_LABELS = {"passed": "tried", "here": "you are here", "later": "later", "not_now": "not now", "not_needed": "–"}
_TRAINING = {"fine_tune", "rag_plus_fine_tune"}


def tone_of(decision: str | None) -> Tone:
    """Go for training, stop for "don't", wait for what must come first."""
    if decision in _TRAINING:
        return "go"
    return "wait" if decision in ("collect_data_first", "define_evals_first") else "stop"


def recommendation_card(
    facts: Facts, recommendation: Recommendation, sentence: str, *, actions: list[Button] | None = None
) -> Card:
    """The card for a recommendation, or for a leaning while a question stands."""
    r = recommendation
    blocks: list[Block] = [
        Verdict(
            sentence=sentence,
            tone=tone_of(r.decision) if r.status == "recommend" else "info",
            confidence=r.confidence if r.status == "recommend" else "",
            meaning=CONFIDENCE[r.confidence],
        ),
        Ladder(
            steps=[
                Rung(
                    name=decision_label(s.rung) if s.rung != "fine_tune" else "Training",
                    state=s.state,
                    state_label=STATE_LABELS[s.state],
                    why=s.why,
                )
                for s in standing(facts, r)
            ]
        ),
        ItemList(
            title="Because",
            items=[Item(text=b.text, source=_title(b.source_key), href=_address(b.source_key)) for b in r.because],
        ),
    ]
    if r.next_steps:
        blocks.append(ItemList(title="Next", items=[Item(text=s) for s in r.next_steps]))
    if r.flips:
        blocks.append(
            Details(
                summary="What would change this",
                blocks=[ItemList(items=[Item(text=flip_words(f)) for f in r.flips])],
            )
        )
    blocks.append(Details(summary="Why not something else, risks, what is still open", blocks=_annex(r)))
    if known := facts.known():
        again = [
            Button(label=f"{fact_label(f)}: {value_label(f, v)}", action="reask", payload={"fact": f}, again=True)
            for f, v in known.items()
            if f in questions()
        ]
        blocks.append(Details(summary="Check or change your answers", blocks=[Buttons(items=again)]))
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="recommendation", label="Recommendation", blocks=blocks)


def flip_words(flip: Flip) -> str:
    """A flip as a sentence: if this were so, then that."""
    conditions = " and ".join(f"{fact_label(f)}: {value_label(f, v)}" for f, v in flip.if_.items())
    return f"If {conditions} → {decision_label(flip.then.decision, flip.then.technique)}"


def _annex(r: Recommendation) -> list[Block]:
    blocks: list[Block] = []
    if r.not_now:
        items = [Item(tag=decision_label(n.decision), text=n.text) for n in r.not_now]
        blocks.append(ItemList(title="Why not something else", items=items))
    if r.risks:
        blocks.append(ItemList(title="Risks", items=[Item(text=t) for t in r.risks]))
    if r.missing:
        names = ", ".join(fact_label(f) for f in r.missing)
        blocks.append(ItemList(title="Still open", items=[Item(text=names)]))
    blocks.append(ItemList(items=[Item(text=f"Rule {r.rule}", tag="how this was decided")]))
    return blocks


def _title(source_key: str) -> str:
    found = sources().get(source_key)
    return found.title if found else source_key


def _address(source_key: str) -> str:
    found = sources().get(source_key)
    return found.url or "" if found else ""
