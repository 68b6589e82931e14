"""One lint: the file streams by once; rules see lines, examples, then the set as a whole."""

import json
import time
from pathlib import Path
from typing import Any

from knowledge.backends import backends
from tools.dataset.formats import BY_NAME, Recognised, recognise
from tools.dataset.formats.base import Format
from tools.dataset.formats.columns import Columns
from tools.dataset.linter.collect import Collector
from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.deep import Deep
from tools.dataset.linter.passing import Pass
from tools.dataset.linter.rule import Found, Level, Rule, rules_of
from tools.dataset.linter.stats import checked_groups, statistics
from tools.dataset.linter.survey import Survey
from tools.dataset.linter.whole import Whole
from tools.dataset.reading import examples_at, sample
from tools.dataset.records import BackendVerdict, Finding, LintReport, LintRequest, Technique
from tools.dataset.source import Source
from tools.dataset.table import Table, kind_of, open_source, refuse_bytes
from tools.errors import InputError
from tools.named import closest, file_named, reason
from tools.progress import Progress, silent

ALL = "all"
"""As a provider: every backend, in a table."""
PROMPTS_OF = {"openai_chat": "openai_rft", "gemini": "gemini_references"}
"""Formats of whole conversations -> those of prompts, which look the same where nothing stands beside them."""


def lint(request: LintRequest, progress: Progress = silent) -> LintReport:
    """Check one dataset, and its validation and held-out files against it.

    Args:
        request: what to check.
        progress: told the bytes read; it may raise CancelledError.

    Returns:
        Findings by severity, statistics, and what was checked.

    Raises:
        NotFoundError: a file does not exist.
        InputError: a file cannot be read at all, or a setting is not known.
        CancelledError: a person stopped it.
    """
    started = time.monotonic()
    source = open_source(request.path, request.name)
    source.digests = request.digest
    context = _context(request, source)
    collector = Collector(source.name)
    recognised = _recognise(request, source, context)
    survey = Survey()
    size = _unpacked(source)
    if request.near_duplicates if request.near_duplicates is not None else size <= most_bytes():
        survey.deep = Deep(threshold("near_duplicate_similarity"))
    work = Pass(context, collector, survey, request)
    if source.readable:
        work.run(progress)
    _settle(survey.deep, source, context.format, progress)
    whole = Whole(source, survey, context, recognised, work, request, collector)
    for kind, path in (("validation", request.validation), ("held_out", request.held_out)):
        if path is not None:
            whole.others[kind] = _other(path, request, context, collector, survey.deep, progress)
    levels: tuple[Level, ...] = ("file", "dataset")
    for level in levels:
        for rule in rules_of(level):
            if level == "dataset" and (context.format is None or context.format.shape not in rule.shapes):
                continue
            for found in rule.check(whole, context):
                collector.add(rule, found)
    findings = collector.findings()
    stats = statistics(whole, context, work.chat, findings)
    stats.seconds = round(time.monotonic() - started, 3)
    stats.checked = checked_groups(whole, context, findings)
    report = LintReport(
        file=source.name,
        format=_format_name(source, context),
        format_reason=recognised.reason,
        technique=context.technique,
        examples=len(survey),
        findings=findings,
        stats=stats,
        ok=not any(f.severity == "error" for f in findings),
        backends=_backends(whole, context, findings) if request.provider == ALL else [],
    )
    if request.fix_to is not None:
        from tools.dataset.fixing import fix

        report = report.model_copy(update={"fix": fix(request, context, report)})
    return report


def _format_name(source: Source, context: Context) -> str:
    if context.format is not None:
        return context.format.name
    return source.sniffed.kind if isinstance(source, Table) or not source.readable else "unknown"


def _backends(whole: Whole, context: Context, findings: list[Finding]) -> list[BackendVerdict]:
    from tools.dataset.linter.backends import backend_table

    return backend_table(whole, context, findings)


def most_bytes() -> float:
    """Up to this size near-duplicates are looked for unasked."""
    return threshold("near_duplicate_max_mb") * 1e6


def _unpacked(source: Source) -> float:
    """Bytes of the text, about: gzip makes JSON some times smaller."""
    return source.size * (threshold("gzip_ratio") if source.gzipped else 1)


def _settle(deep: Deep | None, source: Source, form: Format | None, progress: Progress) -> None:
    if deep is not None and form is not None:
        deep.settle(lambda lines: examples_at(source, form, lines), progress)


def _context(request: LintRequest, source: Source) -> Context:
    backend = None
    provider = _provider_id(request.provider)
    if provider is not None:
        backend = backends().get(provider)
        if backend is None:
            raise InputError(
                f"the provider {request.provider!r} is not known here",
                remedy=closest(provider, (*backends(), "all")),
            )
    return Context(
        source=source,
        provider=provider,
        backend=backend,
        model=request.model,
        grader=_object(request.grader),
        response_schema=_object(request.response_schema),
    )


def _provider_id(name: str | None) -> str | None:
    """The id behind a name or an alias, such as "vertex" for google; None when no one backend is meant."""
    if name is None or name == ALL:
        return None
    from knowledge.prices import provider

    try:
        return provider(name).id
    except KeyError:
        return name


def _limit(context: Context) -> int | None:
    """Tokens per example at the backend asked for: those of the technique or the base, the fewer."""
    if context.backend is None:
        return None
    base = _model_limit(context.provider, context.model)
    return context.backend.most_tokens(context.technique, base)


def _model_limit(where: str | None, model: str | None) -> int | None:
    """Tokens per example that this base is trained on there; None when that is not known."""
    from knowledge.prices import find_model, provider

    if where is None or model is None:
        return None
    try:
        return find_model(provider(where), model)[1].train_max_tokens
    except KeyError:
        return None


def _object(path: Path | None) -> dict[str, Any] | None:
    """A grader or schema file; JSON that does not hold an object is unusable."""
    if path is None:
        return None
    try:
        value = json.loads(file_named(path).read_text(encoding="utf-8-sig"))
    except RecursionError:
        raise InputError("this is nested too deep", where=str(path), remedy="Name another file.") from None
    except (OSError, ValueError) as e:
        why = f"this is not a JSON file ({reason(e)})"
        raise InputError(why, where=str(path), remedy="Mend it, or name another.") from None
    if not isinstance(value, dict):
        raise InputError("this holds no JSON object", where=str(path), remedy="One object in braces is wanted.")
    return value


def _recognise(request: LintRequest, source: Source, context: Context) -> Recognised:
    if not source.readable:
        return Recognised(None, f"this is {source.sniffed.words}", {})
    values = sample(open_source(source.path, source.name))
    columns = Columns(request.user, request.assistant, request.system, request.system_column)
    refuse_bytes(source, columns)
    recognised = recognise(values, columns, kind_of(source))
    context.format, context.others = recognised.format, recognised.others
    if context.format is not None:
        context.technique = _technique(request, context.format, values, context)
        context.limit = _limit(context)
    return recognised


def _technique(request: LintRequest, found: Format, values: list[Any], context: Context) -> Technique:
    """The technique asked for, else what the format and the images say; chat and prompts share one look."""
    if request.technique in ("sft", "vision_sft") and found.name in PROMPTS_OF.values():
        context.format = BY_NAME[next(chat for chat, prompts in PROMPTS_OF.items() if prompts == found.name)]
    elif request.technique == "rft" and found.name in PROMPTS_OF:
        context.format = BY_NAME[PROMPTS_OF[found.name]]
    if request.technique is not None:
        return request.technique
    if found.technique == "sft" and any(b"image_url" in json.dumps(v, default=str).encode() for v in values[:50]):
        return "vision_sft"
    return found.technique


def _other(
    path: Path, request: LintRequest, context: Context, collector: Collector, deep: Deep | None, progress: Progress
) -> tuple[str, Survey]:
    """Read a validation or held-out file with the same rules; its findings carry its own name."""
    source = open_source(path)
    survey = Survey()
    if deep is not None:
        survey.deep = Deep(threshold("near_duplicate_similarity"), against=deep)
    if not source.readable:
        raise InputError(f"this is {source.sniffed.words}, not a dataset", where=str(path))
    other = Context(
        source=source,
        format=_format_of_other(source, request, context),
        technique=context.technique,
        provider=context.provider,
        backend=context.backend,
        model=context.model,
        limit=context.limit,
        grader=context.grader,
        response_schema=context.response_schema,
    )
    Pass(other, _Renamed(collector, source.name), survey, request).run(progress)
    _settle(survey.deep, source, other.format, progress)
    return source.name, survey


def _format_of_other(source: Source, request: LintRequest, context: Context) -> Format | None:
    """Its own format, where that can be compared with the first file's; else that of the first."""
    if context.format is None:
        return None
    values = sample(open_source(source.path, source.name))
    if any(context.format.fits(v) for v in values if isinstance(v, dict)):
        return context.format
    own = recognise(values, None, kind_of(source)).format
    return own if own is not None and own.shape == context.format.shape else context.format


class _Renamed(Collector):
    """Passes finds on under another file's name."""

    def __init__(self, inner: Collector, file: str) -> None:
        super().__init__(file)
        self._inner, self._name = inner, file

    def add(self, rule: Rule, found: Found, line: int | None = None) -> None:
        """Record one find of the other file."""
        self._inner.add(rule, found._replace(file=self._name), line)
