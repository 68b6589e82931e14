"""A lint report elsewhere: SARIF for code hosts, HTML to pass on, a baseline so that only new findings count."""

from tools.dataset.outputs.baseline import apply_baseline, read_baseline, write_baseline
from tools.dataset.outputs.html import to_html
from tools.dataset.outputs.sarif import to_sarif

__all__ = ["apply_baseline", "read_baseline", "to_html", "to_sarif", "write_baseline"]
