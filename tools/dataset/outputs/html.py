"""One HTML page of a report: no script, no address outside, everything from the data escaped."""

from pathlib import Path

from tools.dataset.linter.context import threshold
from tools.dataset.power import assumption, words
from tools.dataset.records import LintReport

TEMPLATE = Path(__file__).with_name("report.html")
GROUPS = (("error", "Errors", "stop a provider, or make training wrong"), ("warning", "Warnings", "will hurt"))
LAST = ("info", "Good to know", "nothing has to be done")


def to_html(report: LintReport) -> str:
    """The page."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    tokens = report.stats.tokens
    tallest = max((b.examples for b in tokens.histogram), default=1) if tokens else 1
    power = report.stats.power
    said = (words(power), assumption(power)) if power else ()
    return template.render(
        report=report, tokens=tokens, tallest=tallest, groups=[*GROUPS, LAST], power=said, limit=_limit(report)
    )


def _limit(report: LintReport) -> tuple[int, str]:
    """The tokens an example may have, and for whom where no backend was named."""
    tokens = report.stats.tokens
    if tokens is not None and tokens.limit_per_example:
        return tokens.limit_per_example, ""
    return int(threshold("max_tokens_per_example")), " (OpenAI, Azure)"
