"""A ladder as a person reads it in a terminal, in their language: what it says, the table, what follows."""

import unicodedata
from typing import Any

from agent.said import said as in_language
from agent.say import book, fact_label
from tools.ladder.say import decimal, terminal, together
from ui.cli.decide_text import verdict


def plan_text(found: Any, language: str = "en") -> str:
    """What a ladder would ask for (tools.ladder.records.LadderPlan)."""

    def say(key: str, **values: Any) -> str:
        return terminal(key, language, **values)

    usd = found.worst_case_usd
    cost = say("cost_unknown") if usd is None else say("cost", usd=usd)
    tokens = {"tokens_in": found.prompt_tokens, "tokens_out": found.completion_tokens}
    lines = [say("asked", samples=found.samples, requests=found.requests, cost=cost, **tokens)]
    lines.append(say("grader", grader=found.grader, why=in_language(found.why_grader, language)))
    lines += [f"  {say('skipped', name=a.name, why=a.why_not.text(language))}" for a in found.arms if a.why_not]
    lines += [f"  {say('guarded', name=g.name, n=g.requests)}" for g in found.guardrails]
    if found.leaked:
        lines.append(f"  {say('leaked', n=found.leaked)}")
    if found.leaked_passages:
        lines.append(f"  {say('leaked_passages', n=found.leaked_passages)}")
    return "\n".join(lines)


def ladder_text(result: Any, recommendation: Any, language: str = "en") -> str:
    """A measured ladder (tools.ladder.records.LadderResult) and the recommendation that came out, in that language."""

    def say(key: str, **values: Any) -> str:
        return terminal(key, language, **values)

    lines = [f"{result.because.text(language)} ({result.verdict.replace('_', ' ')})", ""]
    rung, score, interval = say("rung"), say("score"), say("interval")
    lines.append(f"{_wide(rung, 18)}{_wide(score, -7)}  {_wide(interval, 16)}{'n':>5}  {'$/1,000':>10}  {'ms':>8}")
    lines += [_arm(a, language) for a in result.arms]
    if result.gap_closed is not None and result.best_without_tuning:
        low, high = result.gap_closed_low, result.gap_closed_high
        covered = {"rung": result.best_without_tuning, "share": result.gap_closed}
        unknown = low is None or high is None
        lines.append(say("gap_unknown", **covered) if unknown else say("gap", **covered, low=low, high=high))
    named = next((a.eval for a in result.arms if a.eval), None)
    lines += [say("rows", eval=named)] if named else []
    lines += [say("note", text=found.text(language)) for found in result.minded]
    r = recommendation
    sure = f"{book(language)['confidence'][r.confidence]}" if language != "en" else f"Confidence: {r.confidence}."
    lines += ["", f"{say('recommendation', verdict=verdict(r, language) or say('undecided'))} {sure}"]
    lines += [f"  {say('because', text=b.text, source=b.source)}" for b in r.because[:3]]
    missing = r.missing if language == "en" else [fact_label(fact, language) for fact in r.missing]
    lines += [f"  {say('missing', facts=', '.join(missing))}"] if missing else []
    return "\n".join(lines)


def curve_text(curve: Any) -> str:
    """A learning curve (tools.ladder.curve.Curve) and what the next doubling may bring."""
    lines = [f"{curve.arm}, n={curve.n}"]
    for p in curve.points:
        score = "unknown" if p.score is None else f"{p.score:.3f} ({p.ci_low:.3f} to {p.ci_high:.3f})"
        lines.append(f"  {p.train_examples:>6} training examples: {score}")
    f = curve.forecast
    price = "" if f.usd is None else f" Labelling {f.train_examples // 2:,} more costs ${f.usd:,.2f}"
    if price and f.usd_low != f.usd_high:
        price += f" (${f.usd_low:,.0f} to ${f.usd_high:,.0f}; {f.usd_source})"
    price += "." if price else ""
    lines.append(f"  {f.train_examples:>6}: {f.reason}{price}")
    return "\n".join(lines)


def _arm(a: Any, language: str) -> str:
    def say(key: str, **values: Any) -> str:
        return terminal(key, language, **values)

    note = together(a.remarks, language)
    if a.score is None:
        return f"{a.name:<18}{'':>7}  {note or say('not_measured')}"
    interval = say("unknown") if a.ci_low is None else say("to", low=a.ci_low, high=a.ci_high)
    cost = say("unknown") if a.usd_per_1000_requests is None else decimal(a.usd_per_1000_requests, ".4f", language)
    speed = say("unknown") if a.latency_ms is None else decimal(a.latency_ms, ",.1f", language)
    notes = "; ".join(n for n in (say("control") if a.kind == "control" else "", note) if n)
    score = decimal(a.score, ".3f", language)
    columns = f"{a.name:<18}{score:>7}  {_wide(interval, 16)}{a.n:>5}  {_wide(cost, -10)}  {_wide(speed, -8)}"
    return f"{columns}  {notes}".rstrip()


def _wide(text: str, columns: int) -> str:
    """Filled to so many columns of a terminal, in which a Chinese character takes two; below 0: from the left."""
    filling = " " * (abs(columns) - sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text))
    return filling + text if columns < 0 else text + filling
