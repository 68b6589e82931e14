"""Every fact that a message states, each with the words it rests on."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent.extract.numbers import Number, in_dollars
from agent.extract.rules import STATE, Compiled, compiled_rules
from agent.extract.text import Text
from agent.extract.words import ROOT, read_yaml, words
from agent.facts import GAPS

EFFORT = ("none", "single_prompt", "few_shot", "iterated", "systematic")
CHANGE = ("never", "yearly", "quarterly", "monthly", "weekly", "daily", "realtime")
_ORDERED = {"prompt_effort": EFFORT, "knowledge_change": CHANGE}
_ADDED = frozenset({"examples", "preference_pairs"})
_FIRST = frozenset({"task_type", "modality"})
"""What is named first is what the message is about."""


@dataclass(frozen=True)
class Found:
    """A fact, its value, and the person's words for it."""

    fact: str
    value: Any
    quote: str
    start: int
    end: int
    rank: int = 0
    alone: bool = False
    place: int = -1
    """Where the number stands that gave the value."""


def extract(message: str, language: str = "en") -> dict[str, Found]:
    """The facts that one message states.

    Args:
        message: what the person wrote; only the first 8,000 characters are read.
        language: of the message; English patterns are tried beside those of any other language.

    Returns:
        Facts by name. `gaps` holds a tuple.
    """
    found: list[Found] = []
    numbers: list[Number] = []
    for lang in dict.fromkeys((language, "en")):
        text = Text(message, words(lang), numbers)
        numbers = text.numbers
        if not text.low.strip() or (len(text.low) < 80 and words(lang).unknown.match(text.low.strip())):
            return {}
        skipped = [(s.start, s.end) for s in text.sentences if s.order or s.definition] + text.denied
        for compiled in compiled_rules(lang):
            found += [f for f in _apply(compiled, text) if not any(s <= f.start < e for s, e in skipped)]
    found = _lone_score(_roles(found), message, language)
    merged = _merge([f for f in found if not f.alone])
    spare = [f for f in found if f.alone and f.fact not in merged]
    if (
        spare
        and not merged.keys() & STATE
        and set(merged["gaps"].value if "gaps" in merged else ()) <= {"tone_style", "format"}
    ):
        merged |= _merge(spare)
    return _measured(merged, message)


def stated(fact: str, quote: str, message: str, language: str) -> bool:
    """Whether the words at a quote's place state anything: asked, supposed, denied, ordered or reported they do not.

    Args:
        fact: what the quote is to show; a wish or a question may well tell what the task is, not how things stand.
        quote: as it stands in the message.
        message: what the person wrote.
        language: of the message.
    """
    text = Text(message, words(language))
    start = text.low.find(Text(quote, words(language)).low)
    if start < 0:
        return False
    skipped = [(s.start, s.end) for s in text.sentences if s.order or s.definition] + text.denied
    if any(s <= start < e for s, e in skipped):
        return False
    # A quote of a whole sentence says what its parts say.
    clauses = [c for c in text.clauses if c.start < start + len(quote) and c.end > start]
    if fact in STATE:
        return any(not (c.imagined or c.asked or c.supposed or c.reported) for c in clauses)
    return any(not c.imagined for c in clauses)


def _roles(found: list[Found]) -> list[Found]:
    """One number, one role: a target is no baseline; a larger model's score is one only where today's is given too."""
    targets = {f.place for f in found if f.fact == "target_score"}
    both = targets & {f.place for f in found if f.fact == "baseline_score"}
    if len(targets) > len(both):  # another number is plainly the target
        found = [f for f in found if f.fact != "target_score" or f.place not in both]
    else:
        found = [f for f in found if f.fact != "baseline_score" or f.place not in both]
    teachers = {f.place for f in found if f.fact == "teacher_score"}
    if any(f.fact == "baseline_score" and f.place not in teachers for f in found):
        return [f for f in found if f.fact != "baseline_score" or f.place not in teachers]
    baselines = {f.place for f in found if f.fact == "baseline_score"}
    return [f for f in found if f.fact != "teacher_score" or f.place not in baselines]


def _lone_score(found: list[Found], message: str, language: str) -> list[Found]:
    """A target and one other share that nothing else accounts for: that share is today's score."""
    targets = [f for f in found if f.fact == "target_score"]
    if not targets or any(f.fact in ("baseline_score", "teacher_score") for f in found):
        return found
    text = Text(message, words(language))
    taken = {f.place for f in found if f.place >= 0}
    free = [n for n in text.numbers if n.kind == "share" and not any(n.start <= p < n.end for p in taken)]
    if len(free) != 1 or _other_share().search(message[free[0].end : free[0].end + 40]):
        return found
    n, t = free[0], min(targets, key=lambda f: abs(f.place - free[0].start))
    start, end = min(n.start, t.start), max(n.end, t.end)
    quote = text.quote(n.start, n.end) if end - start > 160 else text.quote(start, end)
    return [*found, Found("baseline_score", round(n.value, 6), quote, n.start, n.end, place=n.start)]


@cache
def _other_share() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "scope.yaml")["other_share"], re.I)


def _measured(found: dict[str, Found], message: str) -> dict[str, Found]:
    """A score in figures, without "maybe" or "about", was measured: there is something that measures.

    A share in words or out of ten ("eight of ten") is a manner of speaking.
    """
    score = found.get("baseline_score") or found.get("teacher_score")
    if score is not None and "evals_defined" not in found:
        around = message[max(0, score.start - 20) : score.end].lower()
        figure = re.search(r"\d", message[score.place : score.end]) and not _spoken().search(message[score.place :])
        if figure and not _hedge().search(around):
            found["evals_defined"] = Found("evals_defined", True, score.quote, score.start, score.end)
    return found


@cache
def _hedge() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "scope.yaml")["hedge"], re.I)


@cache
def _spoken() -> re.Pattern[str]:
    return re.compile(r"^(?:\d|10)\s?(?:out of|of|in|von|aus|de cada|de|sur|/)\s?(?:every )?10\b|^10个里面?有?\d")


def _apply(compiled: Compiled, text: Text) -> list[Found]:
    rule, result = compiled.rule, []
    for pattern in compiled.find:
        for m in pattern.finditer(text.masked):
            if not m.group().strip() or blocked(compiled, text, m):
                continue
            value = rule.value if rule.scale is None else _number(rule.scale, text, m)
            if rule.scale and rule.negated == "skip" and text.denies(m.start(), _place(m)):
                continue
            if rule.negated != "keep" and text.negated(m.start(), m.end(), inside=isinstance(rule.negated, bool)):
                if rule.negated == "skip" or rule.scale is not None:
                    continue
                value = rule.negated
            if value is None:
                continue
            start, end = m.span("q") if "q" in m.re.groupindex and m["q"] else m.span()
            result.append(Found(rule.fact, value, text.quote(start, end), start, end, rule.rank, rule.alone, _place(m)))
    return result


def blocked(compiled: Compiled, text: Text, m: re.Match[str]) -> bool:
    """Whether a match states nothing: asked, supposed, imagined, reported, or against the rule's `unless`."""
    rule, clause = compiled.rule, text.clause_at(m.start() + len(m.group()) - len(m.group().lstrip()))
    state = rule.fact in STATE
    if clause.imagined:
        return True
    if clause.asked and not (rule.asked if rule.asked is not None else not state):
        return True
    if clause.supposed and not (rule.supposed if rule.supposed is not None else not state):
        return True
    if (state or rule.fact == "gaps") and (clause.reported or (state and text.in_quotes(m.start()))):
        return True
    if compiled.unless:
        sentence = next((s for s in text.sentences if s.start <= m.start() < s.end), None)
        begin, end = (sentence.start, sentence.end) if sentence else (0, len(text.masked))
        return any(u.search(text.masked, begin, end) for u in compiled.unless)
    return False


def _place(m: re.Match[str]) -> int:
    """Where the number of a match stands: the group `n`, else the first number."""
    if "n" in m.re.groupindex:
        return m.start("n")
    return m.start() + next((i for i, c in enumerate(m.group()) if c in "#%$"), 0)


def _number(scale: str, text: Text, m: re.Match[str]) -> Any:
    place = _place(m)
    number = next((n for n in text.numbers if n.start <= place < n.end), None)
    if number is None:
        return None
    value = number.value
    if scale in ("share", "error"):
        if number.kind == "count" and _counts_something(text, number):
            return None
        if number.kind == "count":
            value = value / 100 if 1 < value <= 100 else -1
        if not 0 <= value <= 1:
            return None
        return round(1 - value if scale == "error" else value, 6)
    data = text.words.data
    if scale == "per_day":
        factor = next((f for p, f in data.periods.items() if re.fullmatch(p, m["per"])), None)
        return None if factor is None else round(value * factor, 2)
    if scale in ("days", "months"):
        days = next((d for p, d in data.durations.items() if re.fullmatch(p, m["unit"])), None)
        return None if days is None else round(value * days if scale == "days" else value * days / 30.4)
    if scale == "money":
        # The fact is a sum in dollars, and a rate of exchange is nothing to guess.
        return round(value, 2) if in_dollars(text.low, number.start, number.end) else None
    return None if number.kind == "share" else int(value)


def _counts_something(text: Text, number: Number) -> bool:
    """A bare number is no score when a thing is counted ("get 12 requests") or when it is a word ("dozens of")."""
    if not text.low[number.start].isdigit() and text.low[number.start] not in ".,":
        # "72 percent now, need ninety": in words a number is a score only beside one that is.
        beside = any(n.kind == "share" for n in text.numbers)
        return not beside or not re.match(r"\s*(?:[.,;!?]|$)", text.low[number.end :])
    after = _after_number().match(text.low, number.end)
    return bool(after and not _after_score().match(after[1]))


@cache
def _after_number() -> re.Pattern[str]:
    return re.compile(r"\s([^\W\d_]{2,})")


@cache
def _after_score() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "scope.yaml")["after_score"])


def _merge(found: list[Found]) -> dict[str, Found]:
    """One value a fact: gaps together, the higher effort, the more frequent change, else rank, then the later words."""
    result: dict[str, Found] = {}
    for f in sorted(found, key=lambda f: (f.start, -f.end)):
        old = result.get(f.fact)
        if f.fact == "gaps":
            result[f.fact] = _gaps(old, f)
        elif old is None or f.rank > old.rank or (f.rank == old.rank and _better(f, old)):
            result[f.fact] = f
    return result


def _gaps(old: Found | None, new: Found) -> Found:
    """All gaps named, in their fixed order; each adds its words to the quote."""
    added = (new.value,) if isinstance(new.value, str) else tuple(new.value)
    if old is None:
        return Found("gaps", added, new.quote, new.start, new.end)
    both = tuple(g for g in GAPS if g in added or g in old.value)
    if len(both) > 1:
        both = tuple(g for g in both if g != "none")
    fresh = not set(added) <= set(old.value) and new.quote not in old.quote and old.quote not in new.quote
    quote = f"{old.quote} … {new.quote}" if fresh else max(old.quote, new.quote, key=len)
    return Found("gaps", both, quote, old.start, max(old.end, new.end))


def _better(new: Found, old: Found) -> bool:
    """Between two values of equal rank."""
    order = _ORDERED.get(new.fact)
    if order is not None:
        return order.index(new.value) > order.index(old.value)
    if new.fact in _ADDED:
        return bool(new.value > old.value)
    return new.fact not in _FIRST and new.value != old.value
