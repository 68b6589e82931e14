"""Names of decisions and techniques as their cards have them. Facts and values are worded in agent/say.py."""

from knowledge.techniques import techniques


def decision_label(decision: str, technique: str | None = None) -> str:
    """The name on the technique's card, or else the decision's."""
    card = techniques().get(technique or decision)
    return card.name if card else (technique or decision).replace("_", " ")
