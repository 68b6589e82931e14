"""Scores: whose each is, and whether something measured it."""

import re
from collections.abc import Iterable
from functools import cache

from agent.extract.found import Found
from agent.extract.text import Text
from agent.extract.words import ROOT, read_yaml

_OWN = ("baseline_score", "teacher_score")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text, re.I) for name, text in read_yaml(ROOT / "scores.yaml").items()}


def roles(found: list[Found]) -> list[Found]:
    """One number, one role: a target is no baseline; a larger model's score is one only where today's is given too.

    Cases in which somebody picked the better of two are pairs, not examples.
    """
    pairs = {f.place for f in found if f.fact == "preference_pairs"}
    found = [f for f in found if f.fact != "examples" or f.place not in pairs]
    ranks: dict[tuple[str, int], int] = {}
    for f in found:
        ranks[f.fact, f.place] = max(f.rank, ranks.get((f.fact, f.place), f.rank))
    # "went from 72 % to 85 %": what was reached, whatever stands before it.
    found = [
        f
        for f in found
        if f.fact != "target_score" or ranks.get(("baseline_score", f.place), f.rank) <= ranks[f.fact, f.place]
    ]
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


def lone_score(found: list[Found], text: Text) -> list[Found]:
    """A target and one other share that nothing else accounts for: that share is today's score."""
    targets = [f for f in found if f.fact == "target_score"]
    if not targets or any(f.fact in _OWN for f in found):
        return found
    taken = {f.place for f in found if f.place >= 0}
    free = [n for n in text.numbers if n.kind == "share" and not any(n.start <= p < n.end for p in taken)]
    if len(free) != 1 or _patterns()["other_share"].search(text.raw[free[0].end : free[0].end + 40]):
        return found
    n, t = free[0], min(targets, key=lambda f: abs(f.place - free[0].start))
    start, end = min(n.start, t.start), max(n.end, t.end)
    quote = text.quote(n.start, n.end) if end - start > 160 else text.quote(start, end)
    return [*found, Found("baseline_score", round(n.value, 6), quote, n.start, n.end, place=n.start)]


def measured(found: dict[str, Found], text: Text, every: Iterable[Found] = ()) -> dict[str, Found]:
    """A score in figures, without "maybe" or "about", beside a sign that something measures.

    A sign is a metric's name at the score, a decimal (0.74, 81.5 %), a second score (of another model, or to be
    reached), or an automatic check. "12 % are wrong" alone is what somebody reckons: a score, and no test set. So is a
    share in words or out of ten ("eight of ten").

    Args:
        found: the facts of the message.
        text: the message.
        every: all that was found, also what gave way: a score each of two prompts makes a comparison.
    """
    scores = [found[f] for f in _OWN if f in found]
    if not scores or "evals_defined" in found or any(_reckoned(s, text) for s in scores):
        return found
    target = found.get("target_score")
    own = {f.place for f in every if f.fact == "baseline_score" and not _reckoned(f, text) and _plain(f, text)}
    compared = len(scores) == 2 or len(own) > 1 or (target is not None and not _reckoned(target, text))
    checked = "objective_grader" in found and found["objective_grader"].value is True
    score = scores[0]
    if compared or checked or _named(score, text):
        return {**found, "evals_defined": Found("evals_defined", True, score.quote, score.start, score.end)}
    return found


def _reckoned(score: Found, text: Text) -> bool:
    """Whether a score is only a manner of speaking: in words, out of ten, or with "about" before it."""
    p, low = _patterns(), text.low
    number = next((n for n in text.numbers if n.start <= score.place < n.end), None)
    said = low[score.place : number.end if number else score.end]
    around = low[max(0, min(score.start, score.place) - 20) : max(score.end, score.place)] + said
    return not any(c.isdigit() for c in said) or bool(p["spoken"].match(said) or p["hedge"].search(around))


def _plain(score: Found, text: Text) -> bool:
    """Whether a score is the number said, not what an error rate leaves."""
    here = [n.value / (100 if n.kind == "count" else 1) for n in text.numbers if n.start <= score.place < n.end]
    return any(abs(value - score.value) < 1e-6 for value in here)


def _named(score: Found, text: Text) -> bool:
    """Whether a metric is named at a score, or its decimals tell of one."""
    sentence = next((s for s in text.sentences if s.start <= score.place < s.end), None)
    begin, end = (sentence.start, sentence.end) if sentence else (0, len(text.low))
    near = text.low[max(begin, score.place - 40) : min(end, score.place + 40)]
    return bool(
        _patterns()["metric"].search(near) or _patterns()["decimal"].match(text.low[score.place : score.place + 8])
    )
