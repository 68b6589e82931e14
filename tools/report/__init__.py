"""The decision record: one page on which a person says yes or no, from one typed source to HTML, Markdown and PDF."""

from tools.report.beside import beside
from tools.report.record import DecisionRecord
from tools.report.render import html, markdown, page_html, page_markdown, page_pdf, pdf

__all__ = ["DecisionRecord", "beside", "html", "markdown", "page_html", "page_markdown", "page_pdf", "pdf"]
