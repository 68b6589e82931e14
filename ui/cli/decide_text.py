"""A recommendation in words for the terminal."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from agent.recommend import Recommendation
from agent.say import verdict_sentence

WIDTH = 100
ADAPTERS = {
    "lora": "a LoRA adapter",
    "full": "all weights trained",
    "provider_managed": "an adapter that the provider manages",
}


def verdict(result: Recommendation, language: str = "en") -> str:
    """The recommendation in one sentence, the same as in the chat and on the page."""
    if language != "en":
        return verdict_sentence(result, language)
    if result.status != "out_of_scope" and result.decision is None:
        return "Too little is known to point anywhere yet."
    sentence = verdict_sentence(result)
    if result.technique and result.adapter:
        sentence += f" With {ADAPTERS[result.adapter]}."
    return f"Leaning, one answer missing: {sentence}" if result.status == "ask" else sentence


def as_text(result: Recommendation) -> str:
    """The whole recommendation, wrapped for a terminal."""
    parts = [_wrap(verdict(result)), f"Confidence: {result.confidence}"]
    parts += _section("Because", (f"{b.text} [{b.source.split(' (http')[0]}]" for b in result.because))
    parts += _section("Not now", (f"{n.decision}: {n.text}" for n in result.not_now))
    parts += _section("This would change it", (f"{said(f.if_)} -> {_then(f.then)}" for f in result.flips))
    parts += _section("Not known, and able to change it", result.missing)
    parts += _section("Next steps", result.next_steps)
    parts += _section("Risks", result.risks)
    return "\n".join(parts)


def said(changes: Mapping[str, Any]) -> str:
    """Changed facts as a person reads them."""
    return " and ".join(f"{name} = {_value(value)}" for name, value in changes.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _then(outcome: Any) -> str:
    return f"{outcome.decision} ({outcome.technique})" if outcome.technique else str(outcome.decision)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    items = [_wrap(line, "  - ") for line in lines]
    return ["", title, *items] if items else []


def _wrap(text: str, first: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
