"""Charts as SVG, drawn by Vega-Lite without a browser. Marks differ in form as well as in colour."""

from typing import Any, Literal

from tools.report.forms import Forms
from tools.report.record import Measured, Money

TODAY, TUNED = "#5b6770", "#1f6f8b"
_FIGURES: dict[str, Literal["de-DE", "es-ES", "fr-FR"]] = {"de": "de-DE", "es": "es-ES", "fr": "fr-FR"}
"""How a language's axes write numbers, by d3's names; the others write them as English does."""
_STYLE: dict[str, Any] = {
    "background": "white",
    "font": "DejaVu Sans",
    "axis": {"labelFontSize": 9, "titleFontSize": 9, "titleFontWeight": "normal", "gridColor": "#e4e8ea"},
    "legend": {"labelFontSize": 9, "orient": "top", "title": None},
    "view": {"stroke": None},
}


def cost_svg(money: Money, forms: Forms) -> str:
    """Today against tuned by requests a day, the tuned range as a band, the crossing and the stated volume marked."""
    w = forms.words
    values = [
        {"x": x, "today": today, "tuned": tuned, "low": low, "high": high} for x, today, tuned, low, high in money.chart
    ]
    x = {"field": "x", "type": "quantitative", "title": w["per_day"]}
    title = w["usd_over"].format(months=money.months)

    def line(field: str, name: str) -> dict[str, Any]:
        return {
            "transform": [{"calculate": f"'{name}'", "as": "what"}],
            "mark": {"type": "line"},
            "encoding": {
                "x": x,
                "y": {"field": field, "type": "quantitative", "title": title},
                "color": {
                    "field": "what",
                    "type": "nominal",
                    "scale": {"domain": [w["today"], w["tuned"]], "range": [TODAY, TUNED]},
                },
                "strokeDash": {
                    "field": "what",
                    "type": "nominal",
                    "scale": {"domain": [w["today"], w["tuned"]], "range": [[5, 3], [1, 0]]},
                },
            },
        }

    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "area", "opacity": 0.16, "color": TUNED},
            "encoding": {
                "x": x,
                "y": {"field": "low", "type": "quantitative", "title": title},
                "y2": {"field": "high"},
            },
        },
        line("today", w["today"]),
        line("tuned", w["tuned"]),
    ]
    for at, dash in ((money.crossing, [1, 0]), (money.stated, [2, 3])):
        if at:
            layers.append(
                {
                    "data": {"values": [{"x": at, "label": forms.number(at)}]},
                    "layer": [
                        {"mark": {"type": "rule", "strokeDash": dash, "color": "#333"}, "encoding": {"x": x}},
                        {
                            "mark": {
                                "type": "text",
                                "align": "left",
                                "dx": 3,
                                "dy": 8,
                                "fontSize": 9,
                                "baseline": "top",
                            },
                            "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "label"}},
                        },
                    ],
                }
            )
    return svg({"data": {"values": values}, "width": 270, "height": 120, "layer": layers}, forms.language)


def score_svg(measured: tuple[Measured, ...], forms: Forms) -> str:
    """Each way that was measured: a point with its interval."""
    values = [
        {"name": m.name, "score": m.score, "low": m.ci_low, "high": m.ci_high} for m in measured if m.score is not None
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 190}}
    scale = {"domain": [0, 1]}
    return svg(
        {
            "data": {"values": values},
            "width": 200,
            "height": {"step": 18},
            "layer": [
                {
                    "mark": {"type": "rule", "color": TUNED},
                    "encoding": {
                        "y": y,
                        "x": {
                            "field": "low",
                            "type": "quantitative",
                            "scale": scale,
                            "title": forms.words["score_axis"],
                        },
                        "x2": {"field": "high"},
                    },
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 45, "color": TUNED},
                    "encoding": {"y": y, "x": {"field": "score", "type": "quantitative", "scale": scale}},
                },
            ],
        },
        forms.language,
    )


def svg(spec: dict[str, Any], language: str = "en") -> str:
    """A Vega-Lite specification in our style, as SVG, its figures as the language writes them."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg({**spec, "config": _STYLE}, format_locale=_FIGURES.get(language)))
