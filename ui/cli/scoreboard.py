"""`scoreboard`: how often our advice was right, by what was measured later; honestly empty at first."""

from typing import Any

import click

from ui.cli.output import emit_json, json_option

_CALIBRATION = {
    "too_few": "too few to say whether the word keeps its promise",
    "as_promised": "nothing speaks against the word",
    "overconfident": "the word promises too much",
    "underconfident": "the word promises too little",
}


@click.command()
@json_option
def scoreboard(as_json: bool) -> None:
    """How often the advice was right, and whether "high", "medium" and "low" keep what they promise."""
    from tools.records.owned import LOCAL
    from tools.scoreboard.score import scoreboard as score

    found = score(LOCAL)
    if as_json:
        return emit_json(found)
    click.echo(scoreboard_text(found))
    return None


def scoreboard_text(found: Any) -> str:
    """Lines for standard output."""
    lines = [f"Advice given: {found.given}. Cases measured afterwards: {found.measured}. Settled: {found.overall.n}."]
    if not found.overall.n:
        lines.append(
            "Nothing is settled yet, so nothing can be said about how good the advice is. A case counts once the "
            "tuned model, or every rung, was measured in it after the advice."
        )
    else:
        lines.append(f"Right: {_share(found.overall)}")
        lines += [
            f"  confidence {w.confidence}: {_share(w)}; should be about {w.promised:.0%}: {_CALIBRATION[w.calibration]}"
            for w in found.words
        ]
    for k in found.decisions:
        told = f"right {_share(k)}" if k.n else k.why_open or "nothing measured that could tell"
        lines.append(f"  {k.decision.replace('_', ' ')}: given {k.given}, open {k.open}; {told}")
    for s in found.settled:
        mark = "right" if s.right else "wrong"
        lines.append(f"  {s.given_at:%Y-%m-%d} {s.decision} ({s.confidence}): {mark}. {s.finding} n={s.n}, {s.source}")
    return "\n".join(lines)


def _share(s: Any) -> str:
    if not s.n:
        return "unknown, n=0"
    between = "interval unknown" if s.ci_low is None else f"{s.ci_low:.2f} to {s.ci_high:.2f}"
    return f"{s.right} of {s.n}, {s.share:.2f} ({between})"
