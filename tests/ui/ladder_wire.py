"""A loopback model for the ladder: how often it is right depends on how it is asked, as with models that are one."""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "evals"))
from evals_wire import Answer, Script, said, serving, topic_rows

RIGHT = {
    "plain": 0.05, "better_prompt": 0.5, "constrained": 0.6, "few_shot": 0.7, "shuffled_labels": 0.45,
    "retrieval": 0.85, "chain": 0.58, "tuned": 0.95,
}  # fmt: skip
"""Share of rows that each way of asking gets right."""


def rung_of(body: dict[str, Any], labels: dict[str, str]) -> str:
    """Which rung asks, seen from the request alone."""
    turns = body["messages"]
    if body["model"].startswith("tuned"):
        return "tuned"
    if body.get("response_format"):
        return "constrained"
    if any(m["role"] == "user" and m["content"].startswith("Check your answer") for m in turns):
        return "chain"
    shown = [(a, b) for a, b in pairwise(turns) if a["role"] == "user" and b["role"] == "assistant"]
    if shown:
        true = sum(labels.get(q["content"]) == a["content"] for q, a in shown)
        if true < len(shown) / 2:
            return "shuffled_labels"
        words = set(turns[-1]["content"].lower().split())
        near = sum(len(words & set(q["content"].lower().split())) for q, _ in shown) / len(shown)
        return "retrieval" if near >= 3.5 else "few_shot"
    return "better_prompt" if "exactly one of these labels" in turns[0]["content"] else "plain"


def model_for(
    rows: list[dict[str, Any]], *, seconds: float = 0.0, before: Callable[[], Answer | None] = lambda: None
) -> Script:
    """A model that knows the answers of these chat rows, and gives as many of them as its rung would.

    Args:
        rows: in chat format, held-out rows among them.
        seconds: each answer takes, longer prompts a little longer.
        before: asked at every request; what it gives is answered in place of the model.
    """
    labels = {r["messages"][-2]["content"]: r["messages"][-1]["content"] for r in rows}
    names = sorted(set(labels.values()))

    def answer(body: dict[str, Any]) -> Answer:
        if (other := before()) is not None:
            return other
        turns, rung = body["messages"], rung_of(body, labels)
        asked = [m["content"] for m in turns if m["role"] == "user" and m["content"] in labels]
        if not asked:  # a guardrail's probe
            return said("42" if body["model"].startswith("tuned") else "It is 12.")
        question = asked[-1]
        dice = int(hashlib.sha256(question.encode()).hexdigest()[:8], 16)
        sent = sum(len(m["content"]) for m in turns) // 4
        time.sleep(seconds * (1 + sent / 500))
        if rung == "plain" and dice % 1000 >= 1000 * RIGHT[rung]:
            text = "I am happy to help. Could you tell me a little more about it?"
        else:
            right = dice % 1000 < 1000 * RIGHT[rung]
            text = labels[question] if right else names[(names.index(labels[question]) + 1 + dice % 5) % len(names)]
        if rung == "constrained":
            text = json.dumps({"label": text})
        return said(text, prompt_tokens=sent, completion_tokens=max(1, len(text) // 4))

    return answer


__all__ = ["RIGHT", "model_for", "rung_of", "serving", "topic_rows"]
