"""Counting in a child process: the same counts, no child left behind, and no trouble that reaches the caller."""

import os

import pytest

from tools.ahead import Ahead, begin
from tools.tokens import counter
from tools.tokens.encodings import AheadCounter, counted_by


def lengths() -> object:
    return lambda texts: [len(t) for t in texts]


def test_a_child_answers_and_ends_with_its_context() -> None:
    child = begin(lengths)  # type: ignore[arg-type]
    if child is None:
        pytest.skip("this process has several threads")
    with counted_by("o200k_base", child):
        assert counter("o200k_base").count_many(["a", "bcd"]) == [1, 3]
        assert isinstance(counter("o200k_base"), AheadCounter)
    assert not isinstance(counter("o200k_base"), AheadCounter)
    with pytest.raises(ChildProcessError):
        os.waitpid(child._pid, 0)


def test_a_child_that_fails_is_replaced_by_the_tokenizer_itself() -> None:
    def broken() -> object:
        raise RuntimeError("no tokenizer here")

    child = Ahead(broken)  # type: ignore[arg-type]
    with counted_by("cl100k_base", child):
        assert counter("cl100k_base").count_many(["one two", "three"]) == [2, 1]


def test_a_child_that_chokes_on_a_text_is_replaced_as_well() -> None:
    def picky() -> object:
        def work(texts: list[str]) -> list[int]:
            return [len(t.encode()) for t in texts]

        return work

    child = Ahead(picky)  # type: ignore[arg-type]
    with counted_by("cl100k_base", child):
        assert counter("cl100k_base").count("\ud800") == counter("cl100k_base").count("\ufffd")
