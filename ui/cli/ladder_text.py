"""A ladder as a person reads it in a terminal: what it says, the table, what follows."""

from typing import Any


def plan_text(found: Any) -> str:
    """What a ladder would ask for (tools.ladder.records.LadderPlan)."""
    cost = "cost unknown" if found.worst_case_usd is None else f"at most ${found.worst_case_usd:.2f}"
    tokens = f"at most {found.prompt_tokens:,} tokens in and {found.completion_tokens:,} out"
    lines = [f"{found.samples} samples, {found.requests:,} completions to ask for, {tokens}, {cost}."]
    lines.append(f"Grader: {found.grader}. {found.why_grader}")
    lines += [f"  {a.name}: not measured, {a.skipped}" for a in found.arms if a.skipped]
    lines += [f"  guardrail {g.name}: {g.requests} of the completions, base and tuned" for g in found.guardrails]
    if found.leaked:
        lines.append(f"  {found.leaked} training examples are held out too and are not used in prompts")
    if found.leaked_passages:
        lines.append(f"  {found.leaked_passages} passages of the documents hold held-out questions and are not used")
    return "\n".join(lines)


def ladder_text(result: Any, recommendation: Any) -> str:
    """A measured ladder (tools.ladder.records.LadderResult) and the recommendation that came out."""
    lines = [f"{result.reason} ({result.verdict.replace('_', ' ')})", ""]
    lines.append(f"{'rung':<18}{'score':>7}  {'95 % interval':<16}{'n':>5}  {'$/1,000':>10}  {'ms':>8}")
    lines += [_arm(a) for a in result.arms]
    if result.gap_closed is not None and result.best_without_tuning:
        ends = (result.gap_closed_low, result.gap_closed_high)
        interval = "interval unknown" if None in ends else f"{ends[0]:.0%} to {ends[1]:.0%}"
        way = f"{result.gap_closed:.0%} ({interval}) of the way from plain to tuned"
        lines.append(f"{result.best_without_tuning} covers {way}")
    named = next((a.eval for a in result.arms if a.eval), None)
    lines += [f"The rows behind a number: finetune-advisor evals show {named}"] if named else []
    lines += [f"note: {w}" for w in result.warnings]
    r = recommendation
    technique = f" ({r.technique})" if r.technique else ""
    lines += ["", f"Recommendation: {r.decision or 'nothing yet'}{technique}, confidence {r.confidence}"]
    lines += [f"  because {b.text} [{b.source}]" for b in r.because[:3]]
    lines += [f"  still unknown: {', '.join(r.missing)}"] if r.missing else []
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


def _arm(a: Any) -> str:
    if a.score is None:
        return f"{a.name:<18}{'':>7}  {a.note or 'not measured'}"
    interval = "unknown" if a.ci_low is None else f"{a.ci_low:.3f} to {a.ci_high:.3f}"
    cost = "unknown" if a.usd_per_1000_requests is None else f"{a.usd_per_1000_requests:.4f}"
    speed = "unknown" if a.latency_ms is None else f"{a.latency_ms:,.1f}"
    notes = "; ".join(n for n in ("control" if a.kind == "control" else "", a.note) if n)
    return f"{a.name:<18}{a.score:>7.3f}  {interval:<16}{a.n:>5}  {cost:>10}  {speed:>8}  {notes}".rstrip()
