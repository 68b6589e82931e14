"""A comparison as a person reads it in a terminal: the verdict, the harm first, then the rest."""

from tools.evals.beside import lines as said_beside
from tools.evals.compare import Comparison, Flip, LabelComparison
from tools.evals.gate import describe

_WORDS = {
    "improved": "Improved.",
    "regressed": "Worse.",
    "no_significant_difference": "No significant difference.",
    "insufficient_evidence": "Not enough evidence.",
}


def comparison_text(c: Comparison, flips: int) -> str:
    """Lines for standard output."""
    lines = [_WORDS[c.verdict] + " " + c.reason[:1].upper() + c.reason[1:], describe(c)]
    lines += said_beside(c)
    if c.interval_method and c.ci_low is not None:
        lines.append(f"  interval: {c.interval_method}")
    if c.p_adjusted is not None:
        lines.append(f"  p-value {_p(c.p_value)}, corrected for the number of comparisons {_p(c.p_adjusted)}")
    if c.macro_f1:
        lines.append(_macro_f1(c.macro_f1))
    lines += [f"  note: {w}" for w in c.warnings]
    lines += _flips("got worse", c.regressions, c.regressions_total, flips)
    lines += _flips("got better", c.improvements, c.improvements_total, flips)
    if len(c.slices) > 1:
        lines.append("by category, harm first (p-values corrected for their number):")
        lines += [
            f"  {s.category}: {s.baseline:.3f} -> {s.candidate:.3f}, {s.difference:+.3f}, n={s.n}, "
            f"{s.verdict.replace('_', ' ')}"
            for s in c.slices
        ]
    if c.sensitivity and c.verdict in ("no_significant_difference", "insufficient_evidence"):
        s = c.sensitivity
        seen = (
            "could not have shown any difference"
            if s.detectable_difference is None
            else f"would have shown a real difference of {s.detectable_difference:.3f} in {s.power:.0%} of cases"
        )
        wanted = 0.1 if s.detectable_difference is None else s.detectable_difference / 2
        more = "" if s.rows_for_half is None else f"; for {wanted:.3f}, about {s.rows_for_half:,} samples are needed"
        lines.append(f"what n={c.n} can show: it {seen}{more}")
    return "\n".join(lines)


def _p(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"


def _macro_f1(m: LabelComparison) -> str:
    interval = (
        "interval unknown"
        if m.ci_low is None or m.ci_high is None
        else f"95 % interval {m.ci_low:+.3f} to {m.ci_high:+.3f}"
    )
    return f"  macro-F1 {m.baseline:.3f} -> {m.candidate:.3f}, difference {m.difference:+.3f} ({interval})"


def _flips(what: str, listed: list[Flip], total: int | None, most: int) -> list[str]:
    if not total:
        return []
    lines = [f"{total} {what}:"]
    for f in listed[:most]:
        answers = ""
        if f.baseline_completion is not None or f.candidate_completion is not None:
            answers = (
                f": wanted {_short(f.target)}, was {_short(f.baseline_completion)}, is {_short(f.candidate_completion)}"
            )
        lines.append(f"  {f.id}{f' [{f.category}]' if f.category else ''}{answers}")
    if total > most:
        lines.append(f"  and {total - min(most, len(listed))} more (--flips, --json)")
    return lines


def _short(text: str | None) -> str:
    flat = " ".join((text or "unknown").split())
    return repr(flat if len(flat) <= 50 else flat[:49] + "…")
