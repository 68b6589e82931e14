"""Text -> number of tokens, exactly, offline.

quicktok carries the published ranks of each encoding in its own format; what it counts is the same as tiktoken's
`encode_ordinary` (the tests compare ids). Text that looks like a special token is data and is counted as such.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

from tools.ahead import Ahead
from tools.errors import InputError, UnavailableError

BUNDLED = ("o200k_base", "cl100k_base", "o200k_harmony", "llama3", "qwen3")


def mended(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class TextCounter(Protocol):
    """Counts the tokens of texts."""

    name: str

    def count(self, text: str) -> int:
        """Tokens of one text."""

    def count_many(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text."""


class BundledCounter:
    """An encoding that ships with quicktok."""

    def __init__(self, name: str) -> None:
        if name not in BUNDLED:
            raise InputError(f"there is no encoding {name!r}", remedy=f"Known: {', '.join(BUNDLED)}.")
        self.name = name

    @cached_property
    def encoding(self) -> Any:
        """The tables of quicktok, loaded (half a second) when something is counted."""
        return _load(self.name)

    def count(self, text: str) -> int:
        """Tokens of one text; half surrogate pairs are counted as U+FFFD."""
        try:
            return int(self.encoding.count(text))
        except ValueError:  # text of a special token
            return len(self.encoding.encode_ordinary(text))
        except TypeError:  # half a surrogate pair
            return self.count(mended(text))

    def count_many(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text."""
        return [self.count(t) for t in texts]

    def ids(self, text: str) -> list[int]:
        """The token ids of one text."""
        return list(self.encoding.encode_ordinary(text))


class FileCounter:
    """A Hugging Face tokenizer from a local tokenizer.json."""

    def __init__(self, path: Path) -> None:
        file = path / "tokenizer.json" if path.is_dir() else path
        if not file.is_file():
            raise InputError(
                "there is no tokenizer.json", where=str(path), remedy="Name a model folder or a tokenizer.json."
            )
        from tokenizers import Tokenizer

        try:
            self._tokenizer: Any = Tokenizer.from_file(str(file))
        except Exception as e:  # the library raises bare Exception for whatever it cannot read
            raise InputError(f"this tokenizer cannot be read ({e})", where=str(file)) from None
        self._tokenizer.no_truncation()
        self.name = str(file)
        self.folder = file.parent

    def count(self, text: str) -> int:
        """Tokens of one text, no special tokens added."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def count_many(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text."""
        return [len(e.ids) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


@cache
def _load(name: str) -> Any:
    try:
        import quicktok
    except ImportError:
        raise UnavailableError("the tokenizer package is missing", remedy="pip install quicktok-v1") from None
    return quicktok.get_encoding(name)


class AheadCounter:
    """A bundled encoding that a child process loads while this one goes on; on any trouble, this one loads it."""

    def __init__(self, name: str, child: Ahead) -> None:
        self.name, self._child = name, child

    def count(self, text: str) -> int:
        """Tokens of one text."""
        return self.count_many([text])[0]

    def count_many(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text."""
        try:
            counts: Sequence[int] = self._child(list(texts))
        except EOFError:
            return BundledCounter(self.name).count_many(texts)
        return counts


@contextmanager
def counted_by(name: str, child: Ahead) -> Iterator[None]:
    """Within it, `counter(name)` asks a child; at its end the child ends."""
    _ahead[name] = AheadCounter(name, child)
    try:
        yield
    finally:
        del _ahead[name]
        child.close()


_ahead: dict[str, AheadCounter] = {}


def counter(name_or_path: str) -> TextCounter:
    """The counter of a bundled encoding, or of a local tokenizer folder or file.

    Raises:
        InputError: neither.
    """
    return _ahead.get(name_or_path) or _made(name_or_path)


@cache
def _made(name_or_path: str) -> TextCounter:
    if name_or_path in BUNDLED:
        return BundledCounter(name_or_path)
    return FileCounter(Path(name_or_path).expanduser())
