"""The break-even chart as a Plotly figure in plain JSON: no chart library is needed to make it, only to draw it."""

from typing import Any

from tools.cost.curve import Curve

TODAY, TUNED, BAND = "#5b6770", "#1f6f8b", "rgba(31, 111, 139, 0.15)"


def break_even_figure(c: Curve) -> dict[str, Any] | None:
    """Two lines with the range of the tuned one as a band, the crossing marked and named; None without prices."""
    if not c.points:
        return None
    x = [p.requests_per_day for p in c.points]
    high, low = [float(p.tuned_high_usd) for p in c.points], [float(p.tuned_low_usd) for p in c.points]
    marks: list[dict[str, Any]] = []
    if c.crossing:
        at = next((float(p.tuned_usd) for p in c.points if p.requests_per_day == c.crossing), None)
        marks.append(
            {
                "x": c.crossing,
                "y": at,
                "text": f"{c.crossing:,} a day",
                "showarrow": True,
                "arrowhead": 0,
                "ax": 0,
                "ay": -40,
            }
        )
    shapes = []
    if c.stated is not None:
        shapes.append(
            {"type": "line", "x0": c.stated, "x1": c.stated, "yref": "paper", "y0": 0, "y1": 1, "line": {"dash": "dot"}}
        )
    return {
        "data": [
            {
                "type": "scatter",
                "name": "tuned, low to high",
                "x": x + x[::-1],
                "y": high + low[::-1],
                "fill": "toself",
                "fillcolor": BAND,
                "line": {"width": 0},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "tuned",
                "x": x,
                "y": [float(p.tuned_usd) for p in c.points],
                "line": {"color": TUNED},
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "today",
                "x": x,
                "y": [float(p.today_usd) for p in c.points],
                "line": {"color": TODAY, "dash": "dash"},
            },
        ],
        "layout": {
            "title": {"text": c.sentence},
            "meta": {"alt": alt_text(c)},
            "xaxis": {"title": {"text": "requests a day"}, "rangemode": "tozero"},
            "yaxis": {"title": {"text": f"USD over {c.months} months"}, "rangemode": "tozero"},
            "annotations": marks,
            "shapes": shapes,
        },
    }


def alt_text(c: Curve) -> str:
    """The chart for those who cannot see it."""
    if not c.points:
        return f"There is no chart: {'; '.join(c.unknown)}."
    first, last = c.points[0], c.points[-1]
    text = (
        f"Cost over {c.months} months against requests a day, from 0 to {last.requests_per_day:,}. "
        f"Today rises from ${first.today_usd:,.2f} to ${last.today_usd:,.2f}, "
        f"tuned from ${first.tuned_usd:,.2f} to ${last.tuned_usd:,.2f}. "
    )
    if c.crossing:
        return text + f"The lines cross at {c.crossing:,} requests a day."
    return text + ("Tuned is never above today." if c.crossing == 0 else "The lines do not cross.")


def table(c: Curve) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The same as a table: heading and rows."""
    head = ("requests a day", "today", "tuned", "tuned, low to high")
    rows = tuple(
        (
            f"{p.requests_per_day:,}",
            f"${p.today_usd:,.2f}",
            f"${p.tuned_usd:,.2f}",
            f"${p.tuned_low_usd:,.2f} to ${p.tuned_high_usd:,.2f}",
        )
        for p in c.points
    )
    return head, rows
