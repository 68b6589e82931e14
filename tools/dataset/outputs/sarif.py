"""SARIF 2.1.0: findings as code hosts and editors show them beside the line."""

from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.dataset.linter.manual import manual
from tools.dataset.outputs.baseline import Files, marks
from tools.dataset.records import Finding, LintReport

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
MAX_RESULTS = 5_000
"""Results of one run; code hosts show no more. What is left out is said in the log."""
FINGERPRINT = "lineText/v1"


def to_sarif(report: LintReport, files: Files) -> dict[str, Any]:
    """The report as one SARIF run.

    Args:
        report: what was found.
        files: name in the findings -> path, as the reader of the log knows it.
    """
    rules = sorted({f.rule for f in report.findings})
    prints = marks(report, files)
    results: list[dict[str, Any]] = []
    total = 0
    for finding in report.findings:
        uri = _uri(files.get(finding.file, Path(finding.file)))
        lines: list[int | None] = [*finding.lines] or [None]
        total += len(lines)
        for line in lines[: MAX_RESULTS - len(results)]:
            mark = prints[finding.rule, finding.file, line]
            results.append(_result(finding, line, uri, rules.index(finding.rule), mark))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "finetune-advisor",
                        "version": version("finetune-advisor"),
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [_invocation(total - len(results))],
                "results": results,
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _uri(path: Path) -> str:
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _invocation(left_out: int) -> dict[str, Any]:
    done: dict[str, Any] = {"executionSuccessful": True}
    if left_out:
        words = f"{left_out:,} more places were found than the {MAX_RESULTS:,} listed here; --json counts all."
        done["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": words}}]
    return done


def _rule(rule: str) -> dict[str, Any]:
    page = manual(rule)
    return {
        "id": rule,
        "name": "".join(word.capitalize() for word in page.title.replace("-", " ").split() if word.isalnum()),
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.what},
        "help": {"text": f"{page.why}\n\n{page.remedy}"},
    }


def _result(finding: Finding, line: int | None, uri: str, index: int, mark: str) -> dict[str, Any]:
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
        "partialFingerprints": {FINGERPRINT: mark},
    }
