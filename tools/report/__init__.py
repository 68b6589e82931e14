"""The decision record: one page on which a person says yes or no, from one typed source to HTML, Markdown and PDF."""

from tools.report.record import DecisionRecord
from tools.report.render import html, markdown, pdf

__all__ = ["DecisionRecord", "html", "markdown", "pdf"]
