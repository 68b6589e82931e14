"""Documents in, passages out: cut at paragraphs, then at sentences, never inside a sentence unless it is too long."""

import re
from pathlib import Path
from typing import NamedTuple

from tools.errors import InputError, NotFoundError
from tools.evals.importers.lines import objects
from tools.progress import silent

ENDINGS = (".txt", ".md", ".jsonl")
_HEAD = re.compile(r"\A---\n.*?\n---\n", re.S)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\s])")
_HEADING = re.compile(r"\A#{1,6}\s+(.+)$", re.M)


class Document(NamedTuple):
    """One document."""

    id: str
    title: str
    text: str


class Passage(NamedTuple):
    """A piece of a document that a search could bring."""

    document: str
    title: str
    number: int
    text: str


def read(paths: tuple[Path, ...]) -> list[Document]:
    """All documents, by name.

    Raises:
        NotFoundError: a path is not there.
        InputError: a file cannot be read, two documents have one id, or there are none.
    """
    found: dict[str, Document] = {}
    for path in paths:
        if not path.exists():
            raise NotFoundError("there is no such file or folder", where=str(path), remedy="Check the path.")
        files = sorted(p for p in path.rglob("*") if p.suffix in ENDINGS and p.is_file()) if path.is_dir() else [path]
        for file in files:
            for document in _of(file):
                if document.id in found:
                    raise InputError(
                        f"two documents are called {document.id!r}", where=str(file), remedy="Give each its own name."
                    )
                if document.text.strip():
                    found[document.id] = document
    if not found:
        raise InputError(
            "there is no text in them",
            where=", ".join(str(p) for p in paths),
            remedy=f"Files that end in {', '.join(ENDINGS)} are read.",
        )
    return list(found.values())


def _of(file: Path) -> list[Document]:
    if file.suffix == ".jsonl":
        made = []
        for line, row in objects(file, silent):
            text = row.get("text")
            if not isinstance(text, str):
                raise InputError("there is no `text`", where=f"{file.name}:{line}", remedy="One document a line.")
            name = str(row.get("id") or row.get("title") or f"{file.stem}-{line}")
            made.append(Document(name, str(row.get("title") or name), text))
        return made
    if file.suffix not in ENDINGS:
        raise InputError(
            f"files that end in {file.suffix or 'nothing'} are not read",
            where=str(file),
            remedy=f"Give {', '.join(ENDINGS)}; save other formats as text first.",
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("it is not UTF-8 text", where=str(file), remedy="Save it as UTF-8.") from None
    except OSError as e:
        raise InputError(f"it cannot be read ({e.strerror})", where=str(file), remedy="Check the file.") from None
    text = _HEAD.sub("", text) if file.suffix == ".md" else text
    heading = _HEADING.match(text.lstrip()) if file.suffix == ".md" else None
    if heading:
        text = text.lstrip()[heading.end() :]
    return [Document(file.stem, heading[1].strip() if heading else file.stem.replace("-", " "), text)]


def passages(document: Document, words: int) -> list[Passage]:
    """A document's passages of at most so many words, in order."""
    pieces: list[str] = []
    for paragraph in re.split(r"\n\s*\n", document.text.strip()):
        flat = " ".join(paragraph.split())
        if flat:
            pieces += [flat] if len(flat.split()) <= words else _sentences(flat, words)
    made: list[list[str]] = []
    for piece in pieces:
        if made and sum(len(p.split()) for p in made[-1]) + len(piece.split()) <= words:
            made[-1].append(piece)
        else:
            made.append([piece])
    return [Passage(document.id, document.title, i, " ".join(group)) for i, group in enumerate(made)]


def sentences(text: str) -> list[str]:
    """A text's sentences, roughly: after a full stop, question or exclamation mark and a space."""
    return [s.strip() for s in _SENTENCE.split(text) if s.strip()]


def _sentences(text: str, words: int) -> list[str]:
    found: list[str] = []
    for sentence in sentences(text):
        parts = sentence.split()
        found += [" ".join(parts[i : i + words]) for i in range(0, len(parts), words)]
    return found
