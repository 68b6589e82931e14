"""Bringing in results measured elsewhere: one reader a format, all written to the store together or not at all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.thresholds import threshold
from tools.errors import InputError, NotFoundError
from tools.evals.importers.format import Importer, Part
from tools.evals.records import EvalRun, NewEval, checked_name
from tools.progress import Progress, silent

Format = Literal["auto", "promptfoo", "inspect", "lm-eval", "openai-evals", "langfuse", "csv", "jsonl"]


class ImportRequest(BaseModel):
    """A file of results and the name its evals get."""

    model_config = ConfigDict(frozen=True)

    file: Path
    name: str | None = None
    """None: the file's own name without its ending. Files with several evals add a part: NAME/base, NAME/tuned."""
    format: Format = "auto"


class ImportResult(BaseModel):
    """What was stored."""

    file: str
    format: str
    evals: list[EvalRun]
    samples: int
    unscored: int
    """Samples without a score: kept, but no comparison counts them."""
    notes: list[str] = []
    """What a person should know of the file, such as that its run was not finished."""
    already_stored: bool
    """The same content was stored before under these names; nothing was written."""


def import_file(request: ImportRequest, progress: Progress = silent) -> ImportResult:
    """Read a file of results into the store.

    Raises:
        NotFoundError: the file does not exist.
        InputError: it cannot be used; says file, line and what to do. Nothing of it is kept.
    """
    from tools.evals.store import adding

    file = _usable(request.file)
    reader = _reader(file, request.format)
    name = checked_name(request.name or file.stem, where="--as")
    if reader.name in ("jsonl", "csv") and file.stat().st_size > threshold("evals.bulk_from_mb") * 1e6:
        from tools.evals.importers.bulk import import_bulk

        kept = import_bulk(file, reader.name, name, progress) or []
        if kept:
            return _result(file, reader, kept)
    numbers: dict[Part, int] = {}
    notes: list[str] = []
    with adding() as (batch, kept):
        for part, sample in reader.read(file, progress, notes.append):
            number = numbers.get(part)
            if number is None:
                new = NewEval(
                    name=f"{name}/{part.suffix}" if part.suffix else name,
                    origin=f"import:{reader.name}",
                    source=file.name,
                    **{f: v for f, v in part._asdict().items() if f != "suffix"},
                )
                number = numbers[part] = batch.begin(new)
            batch.add(number, (sample,))
        if not numbers:
            raise InputError("there are no samples in it", where=file.name, remedy="Check that the export finished.")
    return _result(file, reader, kept, notes)


def _result(file: Path, reader: Importer, kept: list[EvalRun], notes: Iterable[str] = ()) -> ImportResult:
    return ImportResult(
        file=file.name,
        format=reader.name,
        evals=kept,
        samples=sum(e.n for e in kept),
        unscored=sum(e.n - e.scored for e in kept),
        notes=list(dict.fromkeys(notes)),
        already_stored=not any(e.new for e in kept),
    )


def readers() -> tuple[Importer, ...]:
    """Every format, the most particular first."""
    from tools.evals.importers.inspect_log import InspectLog
    from tools.evals.importers.langfuse import Langfuse
    from tools.evals.importers.lm_eval import LmEval
    from tools.evals.importers.openai_evals import OpenAIEvals
    from tools.evals.importers.plain import CsvFile, JsonLines
    from tools.evals.importers.promptfoo import Promptfoo

    return (InspectLog(), Promptfoo(), LmEval(), OpenAIEvals(), Langfuse(), CsvFile(), JsonLines())


def _usable(file: Path) -> Path:
    file = file.expanduser()
    if not file.exists():
        raise NotFoundError("there is no such file", where=str(file), remedy="Check the path.")
    if not file.is_file():
        raise InputError("this is not a file", where=str(file), remedy="Give the file of results itself.")
    size = file.stat().st_size
    if size == 0:
        raise InputError("the file is empty (0 bytes)", where=str(file), remedy="Check that the export finished.")
    limit = threshold("evals.file_limit_mb")
    if size > limit * 1e6:
        raise InputError(
            f"the file has {size / 1e6:,.0f} MB, the limit is {limit:,.0f}",
            where=str(file),
            remedy="Split it and import the parts.",
        )
    return file


_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "Zstandard"}


def _told(file: Path, head: bytes) -> InputError | None:
    """What a file is that people take for results, and what to give instead; None for all others."""
    packed = next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)
    if packed:
        return InputError(
            f"the file is packed ({packed})", where=file.name, remedy="Unpack it, then import what is in it."
        )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return InputError("the file is UTF-16 text", where=file.name, remedy="Save the file as UTF-8.")
    if b'"lm_eval_version"' in head and b'"doc_id"' not in head:
        what = "this is lm-eval's summary, which has no samples"
        return InputError(what, where=file.name, remedy="Import the samples_*.jsonl beside it (made by --log_samples).")
    return None


def _reader(file: Path, wanted: Format) -> Importer:
    known = readers()
    with file.open("rb") as f:
        head = f.read(65536)
    if wanted != "auto" and not _told(file, head):
        return next(r for r in known if r.name == wanted)
    for reader in known:
        if reader.recognises(file, head) and not _told(file, head):
            return reader
    raise _told(file, head) or InputError(
        "the format is not known",
        where=str(file),
        remedy=f"Known: {', '.join(r.name for r in known)}. docs/evals.md shows each.",
    )
