"""Every fact that a message states, each with the words it rests on."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from agent.extract.derive import implied
from agent.extract.dismiss import gone, instead, waved
from agent.extract.found import Found
from agent.extract.numbers import Number, in_dollars
from agent.extract.rules import STATE, Compiled, Rule, compiled_rules
from agent.extract.scores import lone_score, measured, roles
from agent.extract.text import Text
from agent.extract.words import ROOT, read_yaml, words
from agent.facts import GAPS

EFFORT = ("none", "single_prompt", "few_shot", "iterated", "systematic")
CHANGE = ("never", "yearly", "quarterly", "monthly", "weekly", "daily", "realtime")
_ORDERED = {"prompt_effort": EFFORT, "knowledge_change": CHANGE}
_ADDED = frozenset({"examples", "preference_pairs"})
_FIRST = frozenset({"task_type", "modality"})
"""What is named first is what the message is about."""


class Candidates(NamedTuple):
    """What a message may state, and what that was chosen from."""

    facts: dict[str, Found]
    """One a fact; `gaps` holds a tuple."""
    every: list[Found]
    """Every single find, also those that gave way."""
    text: Text


def extract(message: str, language: str = "en") -> dict[str, Found]:
    """The facts that one message may state, however strong the evidence for each; see `candidates`."""
    return candidates(message, language).facts


def candidates(message: str, language: str = "en") -> Candidates:
    """All that one message may state.

    Args:
        message: what the person wrote; only the first 8,000 characters are read.
        language: of the message; English patterns are tried beside those of any other language.
    """
    found: list[Found] = []
    own = Text(message, words(language))
    for lang in dict.fromkeys((language, "en")):
        text = own if lang == language else Text(message, words(lang), own.numbers)
        if not text.low.strip() or (len(text.low) < 80 and words(lang).unknown.match(text.low.strip())):
            return Candidates({}, [], own)
        skipped = [(s.start, s.end) for s in text.sentences if s.order or s.definition] + text.denied
        for compiled in compiled_rules(lang):
            found += [f for f in _apply(compiled, text) if not any(s <= f.start < e for s, e in skipped)]
        fine = waved(text)
        found = [f for f in found if f.fact != "gaps" or not any(s <= f.start < e for s, e, _ in fine)]
        found += instead(text, fine)
    every, found = found, lone_score(roles(found), own)
    merged = merge([f for f in found if not f.alone])
    spare = [f for f in found if f.alone and f.fact not in merged]
    if (
        spare
        and not merged.keys() & STATE
        and set(merged["gaps"].value if "gaps" in merged else ()) <= {"tone_style", "format"}
    ):
        merged |= merge(spare)
    return Candidates(implied(measured(merged, own, found)), every, own)


def dismissed(message: str, before: Iterable[str], language: str = "en") -> set[str]:
    """The gaps told before that a message waves away ("never mind the tone"), whether it names others or not.

    Args:
        message: what the person wrote.
        before: their messages so far.
        language: of the message.
    """
    texts = [Text(message, words(lang)) for lang in dict.fromkeys((language, "en"))]
    if not any(map(waved, texts)):
        return set()
    return gone(texts, (told for line in before for told in _told(line, language)))


def _told(message: str, language: str) -> Iterable[tuple[str, str]]:
    """The gaps of a message, each with its words and those behind it: "invents" and what is invented."""
    _, every, text = candidates(message, language)
    for f in (f for f in every if f.fact == "gaps"):
        yield str(f.value), text.low[f.start : max(f.end, text.clause_at(f.start).end)]


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


def _apply(compiled: Compiled, text: Text) -> list[Found]:
    rule, result = compiled.rule, []
    for pattern in compiled.find:
        for m in pattern.finditer(text.masked):
            if not m.group().strip() or blocked(compiled, text, m):
                continue
            value = rule.value if rule.scale is None else _number(rule.scale, text, m)
            if any(not _counts(n.value, rule) for n in text.numbers if m.start() <= n.start < m.end()):
                continue
            if rule.scale and rule.negated == "skip" and text.denies(m.start(), _place(m)):
                continue
            if rule.negated != "keep" and text.negated(m.start(), m.end(), inside=isinstance(rule.negated, bool)):
                if rule.negated == "skip" or rule.scale is not None:
                    continue
                value = rule.negated
            if value is None:
                continue
            start, end = m.span("q") if "q" in m.re.groupindex and m["q"] else m.span()
            end = max([end, *(n.until for n in text.numbers if n.until and start <= n.start < end)])
            quote, place = text.quote(start, end), _place(m)
            by = compiled.name
            result.append(Found(rule.fact, value, quote, start, end, rule.rank, rule.alone, place, by))
            result += [Found(f, v, quote, start, end, rule.rank, rule.alone, by=by) for f, v in rule.also.items()]
    return result


def _counts(value: float, rule: Rule) -> bool:
    return value >= rule.least and (rule.most is None or value <= rule.most)


def blocked(compiled: Compiled, text: Text, m: re.Match[str]) -> bool:
    """Whether a match states nothing: asked, supposed, imagined, reported, without its `when` or with its `unless`."""
    rule, clause = compiled.rule, text.clause_at(m.start() + len(m.group()) - len(m.group().lstrip()))
    state = rule.fact in STATE
    if clause.imagined or (clause.asked and clause.supposed and rule.supposed is None and rule.asked is None):
        return True
    if clause.asked and not (rule.asked if rule.asked is not None else not state):
        return True
    if clause.supposed and not (rule.supposed if rule.supposed is not None else not state):
        return True
    if (state or rule.fact == "gaps") and (clause.reported or (state and text.in_quotes(m.start()))):
        return True
    if not compiled.unless and not compiled.when:
        return False
    sentence = text.sentence_at(m.start())
    begin, end = (sentence.start, sentence.end) if sentence else (0, len(text.masked))
    if compiled.when and not any(text.holds(w, begin, end) for w in compiled.when):
        return True
    return any(text.holds(u, begin, end) for u in compiled.unless)


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


def merge(found: list[Found]) -> dict[str, Found]:
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
