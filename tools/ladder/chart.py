"""The ladder as one chart: each rung's score with its interval against what a thousand requests cost and take."""

from typing import Any

from tools.ladder.records import Arm, LadderResult

ARM, CONTROL = "#1f6f8b", "#5b6770"
_WIDTH, _HEIGHT = 300, 240


def ladder_svg(result: LadderResult) -> str:
    """SVG: cost on the left, latency on the right; a rung whose cost or latency is unknown is named below, not drawn.

    Controls are squares, rungs that ask a model are circles: the form says it as well as the colour.
    """
    from tools.report.chart import svg

    drawn = [a for a in result.arms if a.score is not None]
    costs = [(a, None if a.usd_per_1000_requests is None else float(a.usd_per_1000_requests)) for a in drawn]
    cost = _panel(costs, "US dollars per 1,000 requests")
    latency = _panel([(a, a.latency_ms) for a in drawn], "median milliseconds an answer")
    title = {"text": f"{result.metric}, n = {result.n}", "fontSize": 11, "anchor": "start"}
    return svg({"title": title, "hconcat": [cost, latency]})


def _panel(arms: list[tuple[Arm, float | None]], title: str) -> dict[str, Any]:
    known = [(a, x) for a, x in arms if x is not None]
    unknown = [a.name for a, x in arms if x is None]
    values = [
        {"name": a.name, "kind": a.kind, "x": x, "score": a.score, "low": a.ci_low, "high": a.ci_high} for a, x in known
    ]
    title += f" (unknown: {', '.join(unknown)})" if unknown else ""
    # Where all cost the same, names spread the rungs: on one spot they would hide each other.
    same = len({x for _, x in known}) == 1
    x: dict[str, Any] = {"field": "x", "type": "quantitative", "title": title}
    # Linear up to the smallest value that is not nothing, logarithmic beyond: nothing can be shown beside a lot.
    x["scale"] = {"type": "symlog", "constant": min((v for _, v in known if v > 0), default=1.0)}
    if same:
        x = {"field": "name", "type": "nominal", "sort": None, "title": f"all the same: {known[0][1]:g} {title}"}
    y: dict[str, Any] = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": "score, 95 % interval"}
    kinds: dict[str, Any] = {"field": "kind", "type": "nominal"}
    color = kinds | {"scale": {"domain": ["arm", "control"], "range": [ARM, CONTROL]}}
    shape = kinds | {"scale": {"domain": ["arm", "control"], "range": ["circle", "square"]}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule"},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}, "color": color},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 45},
            "encoding": {"x": x, "y": y | {"field": "score"}, "color": color, "shape": shape},
        },
    ]
    if not same:
        mark = {"type": "text", "align": "left", "dx": 6, "dy": -4, "fontSize": 8}
        name = {"field": "name", "type": "nominal"}
        layers.append({"mark": mark, "encoding": {"x": x, "y": y | {"field": "score"}, "text": name}})
    return {"width": _WIDTH, "height": _HEIGHT, "data": {"values": values}, "layer": layers}
