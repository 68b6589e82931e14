"""A baseline: what was found before is known, so that only new findings count. Lines are known by their text."""

import hashlib
import json
from pathlib import Path

from tools.dataset.records import Finding, LintReport
from tools.dataset.source import Source, TooLong
from tools.errors import InputError

VERSION = 1


def write_baseline(report: LintReport, path: Path, target: Path) -> int:
    """Write what a report found; returns how many places. The text of the data is not in it, only digests."""
    known = sorted(_marks(report, path).values())
    target.write_text(json.dumps({"version": VERSION, "known": sorted(set(known))}, indent=1) + "\n", encoding="utf-8")
    return len(known)


def read_baseline(path: Path) -> frozenset[str]:
    """The digests of a baseline file.

    Raises:
        InputError: it is none.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["version"] != VERSION:
            raise ValueError
        return frozenset(map(str, value["known"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            "this is not a baseline file", where=str(path), remedy="Write one with --write-baseline FILE."
        ) from None


def apply_baseline(report: LintReport, path: Path, known: frozenset[str]) -> LintReport:
    """The report without what is known. Findings whose lines are not all kept (see `count`) stay."""
    marks = _marks(report, path)
    left: list[Finding] = []
    for finding in report.findings:
        places: list[int | None] = [*finding.lines] or [None]
        new = [p for p in places if marks[finding.rule, finding.file, p] not in known]
        if new == places:
            left.append(finding)
        elif new or finding.count > len(places) * 50:
            lines = [p for p in new if p is not None]
            change = {"lines": lines, "line": lines[0] if lines else None, "count": max(1, len(new)), "excerpt": ""}
            left.append(finding.model_copy(update=change))
    return report.model_copy(update={"findings": left, "ok": not any(f.severity == "error" for f in left)})


def _marks(report: LintReport, path: Path) -> dict[tuple[str, str, int | None], str]:
    """(rule, file, line) -> digest of the rule and the line's text (of the rule alone for the whole file)."""
    wanted = {n for f in report.findings if f.file == report.file for n in f.lines}
    texts: dict[int, bytes] = {}
    source = Source(path)
    if wanted and source.readable:
        for block in source.blocks():
            for number, raw in zip(block.numbers, block.lines, strict=True):
                if number in wanted:
                    texts[number] = raw.head if isinstance(raw, TooLong) else raw.strip()
    marks: dict[tuple[str, str, int | None], str] = {}
    for finding in report.findings:
        places: list[int | None] = [*finding.lines] or [None]
        for place in places:
            text = texts.get(place, str(place).encode()) if place is not None and finding.file == report.file else b""
            digest = hashlib.blake2b(f"{finding.rule}\0".encode() + text, digest_size=12)
            marks[finding.rule, finding.file, place] = digest.hexdigest()
    return marks
