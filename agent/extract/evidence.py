"""How strong the evidence for each reading of a message is: what is a fact, and what only waits for the person's yes.

The kind of evidence is seen in the message; how often each kind was right when patterns met messages they had not been
mended by stands in patterns/reliability.yaml, which bench/reliability.py writes.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from agent.extract.asides import aside
from agent.extract.derive import implied
from agent.extract.find import candidates, merge
from agent.extract.found import Found
from agent.extract.text import Text
from agent.extract.words import ROOT, read_yaml

ABOUT = frozenset({"task_type", "modality", "can_make_examples"})
"""A question or a wish tells these as well as a statement does."""
ONE = ("figure", "phrase", "word")
"""Kinds of a single piece of evidence: a number with what it counts, three words or more, fewer."""
_WORD = re.compile(r"[^\W\d_\u4e00-\u9fff]+|\d+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


class Reading(NamedTuple):
    """What one message states: facts by name; `gaps` holds a tuple."""

    facts: dict[str, Found]
    """On evidence of a kind that proved right."""
    maybe: dict[str, Found]
    """On weaker evidence: to be confirmed, the likeliest first."""


def read(message: str, language: str = "en") -> Reading:
    """The facts that one message states, and those that it may state.

    Args:
        message: what the person wrote; only the first 8,000 characters are read.
        language: of the message.
    """
    found, every, text = candidates(message, language)
    said = {(f.fact, v): rate(f.fact, v, every, text) for f in found.values() for v in f.values}
    limit = {name: float(value) for name, value in _data()["least"].items()}
    strong = [key for key, value in said.items() if value >= limit["fact"]]
    weak = sorted((k for k, v in said.items() if limit["maybe"] <= v < limit["fact"]), key=lambda k: -said[k])
    facts, maybe = _chosen(found, every, strong), _chosen(found, every, weak)
    # What only follows from a reading stands and falls with it.
    facts = implied(facts)
    maybe = {f: v for f, v in maybe.items() if f == "gaps" or f not in facts}
    if "latency_or_cost_pressure" in maybe and not _support(maybe["latency_or_cost_pressure"], every):
        del maybe["latency_or_cost_pressure"]
    # Who asks something of the adviser itself ("are you a bot?") half tells nothing of a task.
    return Reading(facts, {} if aside(message) else maybe)


def _chosen(found: dict[str, Found], every: Sequence[Found], keys: Sequence[tuple[str, Any]]) -> dict[str, Found]:
    result = {fact: found[fact] for fact, _ in keys if fact != "gaps"}
    if gaps := [f for f in every if f.fact == "gaps" and ("gaps", f.value) in keys]:
        result |= merge(gaps)
    return {fact: result[fact] for fact in dict.fromkeys(fact for fact, _ in keys) if fact in result}


def _support(found: Found, every: Sequence[Found]) -> list[Found]:
    return [f for f in every if f.fact == found.fact and f.value in (found.value, *found.values)]


def kind(fact: str, value: Any, every: Sequence[Found], text: Text) -> str:
    """What sort of evidence a reading has.

    Args:
        fact: which fact.
        value: its value; of the gaps, one of them.
        every: every single find in the message.
        text: the message in its own language.

    Returns:
        implied: it follows from another reading. doubt: its words are asked, supposed or reported, or they count what
        stands in a prompt. rival: other words say otherwise. twice: two places say so. agreed: two rules of one
        language do. foreign: only English rules found it in a message of another language. figure, phrase, word: one
        rule, by a number, by three words or more, or by fewer.
    """
    here = [f for f in every if f.fact == fact]
    support = [f for f in here if f.value == value]
    if not support:
        return "implied"
    sure = [f for f in support if not _doubted(f, text)]
    if not sure:
        return "doubt"
    if fact != "gaps" and len(here) > len(support):
        return "rival"
    if _places(sure) > 1:
        return "twice"
    languages = Counter(by.partition(":")[0] for by in {f.by for f in sure})
    if max(languages.values()) > 1:
        return "agreed"
    if text.words.language not in languages:
        return "foreign"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "figure"
    return "phrase" if max(_length(f.quote) for f in sure) >= 3 else "word"


def _doubted(found: Found, text: Text) -> bool:
    clause = text.clause_at(found.start)
    sentence = text.sentence_at(found.start)
    whole = text.low[sentence.start : sentence.end] if sentence else text.low
    if found.fact not in ABOUT and ("?" in whole or clause.asked or clause.supposed or clause.reported):
        return True
    return found.fact in ("examples", "task_prompts") and any(word in whole for word in _data()["prompt"])


def _places(found: Sequence[Found]) -> int:
    """How many places of the message, none overlapping another."""
    count, end = 0, -1
    for f in sorted(found, key=lambda f: (f.start, f.end)):
        count, end = (count + 1, f.end) if f.start >= end else (count, max(end, f.end))
    return count


def _length(quote: str) -> int:
    """Words; two Chinese characters count as one."""
    return len(_WORD.findall(quote)) + (len(_HAN.findall(quote)) + 1) // 2


def named(fact: str, value: Any) -> str:
    """Under what a reading is counted: numbers by their fact, small numbers of examples apart."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{fact}={value}".lower()
    return f"{fact}=few" if fact == "examples" and value < _data()["few"] else fact


def rate(fact: str, value: Any, every: Sequence[Found], text: Text) -> float:
    """How often such a reading was right when it met a message for the first time; 0 to 1."""
    return estimate(named(fact, value), kind(fact, value, every, text), _data())


def estimate(name: str, what: str, data: dict[str, Any]) -> float:
    """The share that was right, drawn towards what is expected of a kind by so many imagined readings (`weight`).

    Args:
        name: of the reading, as `named` gives it.
        what: its kind.
        data: as in reliability.yaml: `counts` of [right, wrong] by name and kind, `kinds` over all names.
    """
    if what in data["never"]:
        return float(data["never"][what])
    weight, counts = data["weight"], data["counts"].get(name, {})

    def drawn(pair: Sequence[float], towards: float) -> float:
        return float((pair[0] + weight * towards) / (sum(pair) + weight))

    if what not in ONE:
        return drawn(counts.get(what, (0, 0)), drawn(data["kinds"].get(what, (0, 0)), data["before"]))
    alike = [counts[k] for k in ONE if k in counts]
    single = drawn([sum(column) for column in zip(*alike, strict=True)] or (0, 0), data["before"])
    return single if what == "figure" else drawn(counts.get(what, (0, 0)), single)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(ROOT / "reliability.yaml")
    return data


def most_shown() -> int:
    """How many weak readings of one message are shown to confirm."""
    return int(_data()["most"])
