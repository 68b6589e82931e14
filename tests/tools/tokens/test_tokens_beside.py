"""Counting in a process beside: the same totals, whatever the text, in bounded memory, and with no process at all."""

import subprocess
import sys
from array import array
from contextlib import suppress
from itertools import accumulate, islice
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
    beside = batch.Beside("o200k_base")
    assert beside._process is not None
    process = psutil.Process(beside._process.pid)
    for _ in range(20):
        words = ["".join(random.choices("abcdefghij", k=12)) for _ in range(20_000)]
        asked = batch.Batch([" ".join(words)], array("I", [1]), array("I", [0]))
        beside.ask(asked)
        assert beside.answer(asked) is not None
        for copy in process.children():
            with suppress(psutil.NoSuchProcess):  # the one before may be ending
                copies[copy.pid] = copy.memory_info().rss
    loaded = process.memory_info().rss
    beside.end()
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


@pytest.mark.parametrize("size", [0, batch.BULK_BYTES])
@pytest.mark.parametrize("joined_bytes", [1, 20, 1 << 20])
@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("slot_bytes", [1, 9, 30, 1 << 20, None])  # None: a system without memory to share
def test_texts_that_come_joined_count_what_they_would_alone(
    size: int, joined_bytes: int, alive: bool, slot_bytes: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "JOINED_BYTES", joined_bytes)
    if slot_bytes is None:
        monkeypatch.setattr(batch, "_memory", lambda _: None)
    else:
        monkeypatch.setattr(batch, "SLOT_BYTES", slot_bytes)
    blocks = [[["", "one two"], ["three"]], [["\u00fc", ""]], [["four five", "", "six"], [""], ["seven eight"]]]
    rows, column = iter([0, 1, 3, 4, 5, 8]), array("I", [7] * 9)
    counting = batch.BatchCounter(counter("o200k_base"), column, size)
    if counting._beside is not None and not alive:
        assert counting._beside._process is not None
        counting._beside._process.kill()
    for block in blocks:
        ends = array("I", accumulate(map(len, block)))
        texts = engine.MARK.join(text.encode() for mine in block for text in mine)
        counting.add_joined(array("I", islice(rows, len(block))), memoryview(texts), ends)
    counting.close()
    alone = [sum(map(counter("o200k_base").count, mine)) for block in blocks for mine in block]
    assert [column[i] - 7 for i in (0, 1, 3, 4, 5, 8)] == alone
    assert [column[i] for i in (2, 6, 7)] == [7, 7, 7]


def test_a_slot_is_written_again_only_when_its_texts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "JOINED_BYTES", 1)
    random = Random(1)
    made = (" ".join(random.choices(["alpha", "beta", "x", "ü", "12"], k=60_000)) for _ in range(20))
    texts = [text[: 50_000 + 1000 * n] for n, text in enumerate(made)]  # long: counting is slower than writing
    column = array("I", bytes(4 * len(texts)))
    counting = batch.BatchCounter(counter("o200k_base"), column, batch.BULK_BYTES)
    assert counting._beside is not None
    assert counting._beside.shared is not None or sys.platform != "linux"
    for row, text in enumerate(texts):
        counting.add_joined(array("I", [row]), memoryview(text.encode()), array("I", [1]))
    counting.close()
    assert list(column) == [counter("o200k_base").count(text) for text in texts]


def test_role_names_are_one_token_each() -> None:
    for name in PUBLISHED:
        assert {BundledCounter(name).count(role) for role in ONE_TOKEN} == {1}


def test_a_stopped_run_leaves_no_process() -> None:
    counting = batch.BatchCounter(counter("o200k_base"), array("I", [0]), batch.BULK_BYTES)
    assert counting._beside is not None
    process = counting._beside._process
    counting.add(0, ["one"])
    counting.flush()
    counting.abandon()
    assert process is not None
    assert process.returncode is not None


@pytest.mark.timeout(120)
@pytest.mark.parametrize("room", [batch.PAGE, 1 << 16])
def test_neither_process_waits_for_the_other_however_many_rows(room: int) -> None:
    rows = 100_000
    column = array("I", bytes(4 * rows))
    counting = batch.BatchCounter(counter("o200k_base"), column, batch.BULK_BYTES)
    assert counting._beside is not None
    counting._beside._room = room
    for _ in range(6):
        counting.add_rows(range(rows), ["a"] * rows, range(1, rows + 1))
        counting.flush()
        counting.add_rows(range(0, rows, 2), ["a b"] * (rows // 2), range(1, rows // 2 + 1))
        counting.flush()
    counting.close()
    assert {*column[::2]} == {18}
    assert {*column[1::2]} == {6}
