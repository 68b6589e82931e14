"""How often the advice was right, and whether its words of confidence keep what they promise."""

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel

from knowledge.scoreboard import settling
from knowledge.thresholds import threshold
from tools.evals.statistics.proportions import wilson
from tools.scoreboard.book import all_of
from tools.scoreboard.records import Advice, Confidence, Outcome

Calibration = Literal["too_few", "as_promised", "overconfident", "underconfident"]


class Share(BaseModel):
    """How many of n were right; None is unknown, never 0."""

    n: int
    right: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    """95 % interval (Wilson)."""


class Word(Share):
    """One word of confidence."""

    confidence: Confidence
    promised: float
    """Share right that the word should mean."""
    calibration: Calibration


class Kind(Share):
    """One decision."""

    decision: str
    given: int
    open: int
    why_open: str = ""
    """Why no measurement can tell, where that is so."""


class Settled(BaseModel):
    """One advice that a measurement settled."""

    case_id: str
    decision: str
    technique: str | None
    confidence: Confidence
    rule: str
    given_at: datetime
    right: bool
    finding: str
    n: int
    source: str


class Scoreboard(BaseModel):
    """Advice against measurements."""

    given: int
    """Pieces of advice given: a case counts again when its facts, and with them the advice, changed."""
    measured: int
    """Cases in which something was measured later."""
    overall: Share
    words: list[Word]
    decisions: list[Kind]
    settled: list[Settled]


def scoreboard(owner: str) -> Scoreboard:
    """Hold each case's advice against what was measured after it.

    In each case the advice that stood when the measurement came is what is judged; the newest measurement that can tell
    decides. Advice given after a measurement knows it, so it is not judged by it.
    """
    given, outcomes = all_of(owner)
    settled = [s for case in dict.fromkeys(a.case_id for a in given) if (s := _settled(case, given, outcomes))]
    counts = {d: sum(a.decision == d for a in given) for d in dict.fromkeys(a.decision for a in given)}
    cases = {a.case_id for a in given}
    return Scoreboard(
        given=len(given),
        measured=len({o.case_id for o in outcomes} & cases),
        overall=Share(**_share(settled)),
        words=[_word(c, [s for s in settled if s.confidence == c]) for c in get_args(Confidence)],
        decisions=[_kind(d, n, [s for s in settled if s.decision == d]) for d, n in counts.items()],
        settled=settled,
    )


def _settled(case_id: str, given: list[Advice], outcomes: list[Outcome]) -> Settled | None:
    for outcome in sorted((o for o in outcomes if o.case_id == case_id), key=lambda o: o.measured_at, reverse=True):
        before = [a for a in given if a.case_id == case_id and a.given_at <= outcome.measured_at]
        if not before:
            continue
        stood = max(before, key=lambda a: a.given_at)
        rule = settling().decisions.get(stood.decision)
        if rule is None:
            continue
        for findings, right in ((rule.right, True), (rule.wrong, False)):
            for finding in findings:
                if finding in outcome.findings:
                    return Settled(
                        **stood.model_dump(include={"case_id", "decision", "technique", "confidence", "rule"}),
                        given_at=stood.given_at,
                        right=right,
                        finding=settling().findings[finding],
                        n=outcome.n,
                        source=outcome.source,
                    )
    return None


def _share(settled: list[Settled]) -> dict[str, float | int | None]:
    n, right = len(settled), sum(s.right for s in settled)
    interval = wilson(right, n)
    return {
        "n": n,
        "right": right,
        "share": right / n if n else None,
        "ci_low": interval.low,
        "ci_high": interval.high,
    }


def _word(confidence: Confidence, settled: list[Settled]) -> Word:
    promised, share = threshold(f"scoreboard.{confidence}"), Share.model_validate(_share(settled))
    calibration: Calibration = "as_promised"
    if share.n < threshold("scoreboard.min_settled") or share.ci_low is None or share.ci_high is None:
        calibration = "too_few"
    elif share.ci_high < promised:
        calibration = "overconfident"
    elif share.ci_low > promised and confidence != "high":
        calibration = "underconfident"
    return Word(**share.model_dump(), confidence=confidence, promised=promised, calibration=calibration)


def _kind(decision: str, given: int, settled: list[Settled]) -> Kind:
    rule = settling().decisions.get(decision)
    return Kind(
        **Share.model_validate(_share(settled)).model_dump(),
        decision=decision,
        given=given,
        open=given - len(settled),
        why_open=rule.open if rule else "",
    )
