"""SARIF 2.1.0: findings as code hosts and editors show them beside the line."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.dataset.linter.manual import manual
from tools.dataset.records import Finding, LintReport

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
MAX_RESULTS = 5_000
"""Results of one run; code hosts refuse more."""


def to_sarif(report: LintReport, path: Path) -> dict[str, Any]:
    """The report as one SARIF run; `path` is the checked file as the reader of the log knows it."""
    found = sorted({f.rule for f in report.findings})
    results: list[dict[str, Any]] = []
    for finding in report.findings:
        uri = path.as_posix() if finding.file == report.file else path.with_name(finding.file).as_posix()
        lines: list[int | None] = [*finding.lines] or [None]
        for line in lines:
            if len(results) < MAX_RESULTS:
                results.append(_result(finding, line, uri, found.index(finding.rule)))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "finetune-advisor",
                        "version": version("finetune-advisor"),
                        "rules": [_rule(rule) for rule in found],
                    }
                },
                "results": results,
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(rule: str) -> dict[str, Any]:
    page = manual(rule)
    return {
        "id": rule,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.what},
        "help": {"text": f"{page.why}\n\n{page.remedy}"},
    }


def _result(finding: Finding, line: int | None, uri: str, index: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if line is not None:
        place["region"] = {"startLine": line}
    where = f" ({finding.place})" if finding.place and line == finding.line else ""
    words = finding.message if line == finding.line else finding.title
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{words}{where}. {finding.remedy}"},
        "locations": [{"physicalLocation": place}],
    }
