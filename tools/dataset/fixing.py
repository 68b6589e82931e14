"""Repairs: a new file, what changed per rule, and the first differences. The original is the undo."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tools.dataset.formats import BY_NAME
from tools.dataset.jsonline import decode, encode
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import DROP, Rule, all_rules
from tools.dataset.offers import OFFERS, Offer
from tools.dataset.records import FixReport, LintReport, LintRequest
from tools.dataset.source import Source, TooLong
from tools.dataset.table import Table, open_source
from tools.errors import InputError

SHOWN = 20
WIDTH = 160


def fix(request: LintRequest, context: Context, report: LintReport) -> FixReport:
    """Write the repaired copy.

    Only repairs that cannot change what is taught run by themselves; those named in `request.offers` run as well.
    Lines that hold no JSON object stay as they are: nobody can know what they should be.

    Raises:
        InputError: the target exists, is the file itself, or cannot be written; or an offer is not known.
    """
    target = request.fix_to
    assert target is not None
    if target.exists():
        raise InputError("the file is already there", where=str(target), remedy="Name a new file.")
    unknown = request.offers - set(OFFERS)
    if unknown:
        raise InputError(f"no repair is called {', '.join(sorted(unknown))}", remedy=f"Known: {', '.join(OFFERS)}.")
    source = open_source(request.path, request.name)
    if not source.readable:
        raise InputError(f"this is {source.sniffed.words}; it cannot be repaired", where=source.name)
    found = {f.rule for f in report.findings if f.file == report.file}
    rules = [r for r in all_rules() if r.fix and r.id in found]
    unroll = _unrolled(source, context)
    if unroll is not None:
        context = replace(context, format=BY_NAME["openai_chat"])
    work = _Work(rules, [OFFERS[name](report, context) for name in sorted(request.offers)], unroll)
    try:
        with target.open("xb") as f:
            for line in work.lines(source):
                f.write(line + b"\n")
        if isinstance(source, Table) and source.misfits:
            raise InputError(
                f"{len(source.misfits):,} rows cannot be read; the copy would lose them",
                where=source.name,
                remedy="Mend them first; lint names them.",
            )
        if source.stopped:
            raise InputError(f"{source.stopped}; the copy would lose them", where=source.name)
    except InputError:
        target.unlink(missing_ok=True)
        raise
    except OSError as e:
        target.unlink(missing_ok=True)
        raise InputError(f"cannot be written ({e.strerror})", where=str(target)) from None
    for rule in work.whole_file:
        work.changes[rule.id] += 1
    return FixReport(
        path=str(target),
        changes=dict(work.changes),
        lines_in=source.lines_read,
        lines_out=work.lines_out,
        diff=work.diff,
    )


class _Work:
    def __init__(self, rules: list[Rule], offers: list[Offer], unroll: Callable[[bytes], bytes] | None) -> None:
        self._unroll = unroll
        self._on_lines = [r for r in rules if r.level == "line"]
        on_examples = [r for r in rules if r.level == "example"]
        self.whole_file = [r for r in rules if r.level == "file"]
        """Repaired by reading alone: every copy is plain UTF-8, one object a line, without a mark."""
        self._repairs = [*map(_repair_of, on_examples), *((o.name, o.repair) for o in offers)]
        self.changes: Counter[str] = Counter()
        self.lines_out = 0
        self.diff: list[str] = []

    def lines(self, source: Source) -> Iterator[bytes]:
        for block in source.blocks():
            for number, raw in zip(block.numbers, block.lines, strict=True):
                if isinstance(raw, TooLong):
                    raise InputError(
                        f"line {number} is too long to be copied", where=source.name, remedy="Leave it out by hand."
                    )
                kept = self._line(number, raw if self._unroll is None else self._unroll(raw))
                if kept is None:
                    self._show(number, raw, None)
                    continue
                if kept != raw:
                    self._show(number, raw, kept)
                self.lines_out += 1
                yield kept

    def _line(self, number: int, raw: bytes) -> bytes | None:
        for rule in self._on_lines:
            assert rule.fix is not None
            changed = rule.fix(raw)
            if changed is DROP:
                self.changes[rule.id] += 1
                return None
            if changed != raw:
                self.changes[rule.id] += 1
                raw = changed
        if not self._repairs:
            return raw
        return self._example(number, raw)

    def _example(self, number: int, raw: bytes) -> bytes | None:
        decoded = decode(raw)
        if not decoded.ok or not isinstance(decoded.value, dict) or decoded.problems:
            return raw
        value: Any = decoded.value
        before = encode(value)
        now = before
        for name, repair in self._repairs:
            value = repair(number, value)
            if value is DROP:
                self.changes[name] += 1
                return None
            after = encode(value)
            if after != now:
                self.changes[name] += 1
                now = after
        return raw if now == before else now.encode("utf-8")

    def _show(self, number: int, before: bytes, after: bytes | None) -> None:
        if len(self.diff) >= SHOWN:
            return
        from tools.dataset.linter.collect import escape
        from tools.dataset.linter.secrets import masked

        plain = [text.decode("utf-8", "replace") for text in (before, after or b"")]
        old, new = map(masked, plain)  # what is shown never holds a secret
        only_masked = after is not None and old == new  # what was there cannot be shown
        at = max(0, _first_difference(*(plain if only_masked else (old, new))) - 40)
        if not only_masked:
            self.diff.append(f"-{number}: {escape(old[at : at + WIDTH])}")
        if after is not None:
            self.diff.append(f"+{number}: {escape(new[at : at + WIDTH])}")


def _first_difference(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _unrolled(source: Source, context: Context) -> Callable[[bytes], bytes] | None:
    """For a table read by its columns: the row as the chat example that it is read as; else None."""
    form = context.format
    if not isinstance(source, Table) or form is None or form.name != source.kind:
        return None

    def unroll(raw: bytes) -> bytes:
        decoded = decode(raw)
        return encode(form.read(decoded.value)).encode("utf-8", "surrogatepass") if decoded.ok else raw

    return unroll


def _repair_of(rule: Rule) -> tuple[str, Callable[[int, Any], Any]]:
    assert rule.fix is not None
    change = rule.fix
    return rule.id, lambda number, value: change(value)


def offers() -> dict[str, str]:
    """The repairs that a person may ask for: name -> what it does."""
    return {name: (made.__doc__ or "").strip() for name, made in OFFERS.items()}
