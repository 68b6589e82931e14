"""Counting in a process beside: the same totals, whatever the text, in bounded memory, and with no process at all."""

import subprocess
import sys
from array import array
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil
import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.tokens import batch, counter, engine
from tools.tokens.chat import ONE_TOKEN
from tools.tokens.encodings import BundledCounter
from tools.tokens.ranks import PUBLISHED, rank_file

ODD = [engine.MARK.decode(), "\ud800", "<|endoftext|>", "\x00", "", " ", "e\u0301", "中文字", "👩‍💻", "a" * 3000]


def totals(texts: list[list[str]], size: int, name: str = "o200k_base") -> list[int]:
    column = array("I", [7] * len(texts))
    counting = batch.BatchCounter(counter(name), column, size)
    for row, mine in enumerate(texts):
        counting.add(row, mine)
    counting.close()
    return list(column)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.text(max_size=40) | st.sampled_from(ODD), max_size=4), min_size=1, max_size=40))
def test_both_ways_give_the_same_totals(texts: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "BATCH_CHARS", 50)
        assert totals(texts, 0) == totals(texts, batch.BULK_BYTES)


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> tiktoken.Encoding:
    """tiktoken with the rank file that is shipped."""
    from hashlib import sha1

    cache = tmp_path_factory.mktemp("ranks")
    published = PUBLISHED["o200k_base"]
    (cache / sha1(published.url.encode()).hexdigest()).write_bytes(rank_file("o200k_base").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(cache))
        return tiktoken.get_encoding("o200k_base")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_the_engine_counts_what_tiktoken_counts(
    oracle: tiktoken.Encoding, made: engine.Engine, texts: list[str]
) -> None:
    sums = made.sums(engine.MARK.join(t.encode() for t in texts), array("I", range(1, len(texts) + 1)))
    assert sums is not None
    assert list(sums) == [len(oracle.encode_ordinary(t)) for t in texts]


@pytest.fixture(scope="module")
def made() -> engine.Engine:
    return engine.Engine(str(rank_file("o200k_base")), "o200k")


def test_a_process_that_has_grown_goes_on_as_a_copy_of_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*args: object, **more: object) -> "subprocess.Popen[bytes]":
        started.append(real(*args, **more))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setattr(engine, "GROWTH_BYTES", -(1 << 40))
    monkeypatch.setattr(batch, "BATCH_CHARS", 5)
    texts = [["one two"], ["three"], ["four five six"], [engine.MARK.decode()], ["seven"]]
    assert totals(texts, batch.BULK_BYTES, "cl100k_base") == totals(texts, 0, "cl100k_base")
    assert [p.returncode for p in started] == [0]


def test_memory_stays_bounded_whatever_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "GROWTH_BYTES", 4 << 20)
    random = Random(1)
    copies: dict[int, int] = {}
    with batch.Beside("o200k_base") as beside:
        assert beside._process is not None
        process = psutil.Process(beside._process.pid)
        for _ in range(20):
            words = ["".join(random.choices("abcdefghij", k=12)) for _ in range(20_000)]
            assert beside.sums([" ".join(words)], array("I", [1])) is not None
            for copy in process.children():
                with suppress(psutil.NoSuchProcess):  # the one before may be ending
                    copies[copy.pid] = copy.memory_info().rss
        loaded = process.memory_info().rss
    assert len(copies) > 2
    assert max(copies.values()) - loaded < 64 << 20


@pytest.mark.parametrize("trouble", ["dies", "cannot start"])
def test_without_a_second_process_this_one_counts(
    trouble: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if trouble == "dies":
        (tmp_path / "dies.py").write_text("import sys; sys.stdin.buffer.read(10)")
        monkeypatch.setattr(engine, "__file__", str(tmp_path / "dies.py"))
    else:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    monkeypatch.setattr(batch, "BATCH_CHARS", 5)
    assert totals([["one two"], ["three"], ["four five six"]], batch.BULK_BYTES) == [9, 8, 10]


def test_role_names_are_one_token_each() -> None:
    for name in PUBLISHED:
        assert {BundledCounter(name).count(role) for role in ONE_TOKEN} == {1}


def test_a_stopped_run_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = batch.BatchCounter(counter("o200k_base"), array("I", [0]), batch.BULK_BYTES)
    counting.add(0, ["one"])
    counting.abandon()
    assert counting._thread is not None
    assert not counting._thread.is_alive()
