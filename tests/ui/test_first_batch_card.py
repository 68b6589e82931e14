"""The dry run on the plan's card: marks that are read without colour, long text cut aloud, trouble in the seen line."""

from typing import Any

from tools.engine.dry_run import DryRun
from tools.engine.shown import ShownMessage, ShownRow, Span
from ui.chat.cards.blocks import Details, ItemList, Marked
from ui.chat.cards.first_batch import MOST_CHARACTERS, first_batch


def found(*messages: ShownMessage, **more: Any) -> DryRun:
    given: dict[str, Any] = {
        "base": "b", "rows": 8, "left_out": 0, "left_out_lines": (), "max_length": 512, "longest": 40,
        "trained_tokens_per_epoch": 16, "steps": 2, "device": "cpu", "dtype": "bfloat16", "why_dtype": "why",
        "memory_bytes": 2_000_000_000, "free_bytes": 8_000_000_000, "measured_bytes": None, "measured_jobs": 0,
    }  # fmt: skip
    row = ShownRow(line=3, tokens=9, trained_tokens=2, messages=messages)
    return DryRun(first_batch=(row,), **{**given, **more})


def span(text: str, kind: Any) -> Span:
    return Span(text=text, kind=kind, tokens=1)


PAIR = (
    ShownMessage(role="user", spans=(span("Which?", "read"),)),
    ShownMessage(role="assistant", spans=(span("a:", "read"), span("this", "trained"))),
    ShownMessage(role="assistant", spans=(span("that", "avoided"),)),
)


def marked(block: Details) -> list[Marked]:
    return [b for b in block.blocks if isinstance(b, Marked)]


def test_each_mark_says_in_words_what_its_colour_says() -> None:
    block = first_batch(found(*PAIR))
    assert isinstance(block, Details)
    said = [(p.text, p.tone, p.said) for m in marked(block) for p in m.pieces]
    assert said == [
        ("Which?", "plain", ""),
        ("a:", "plain", ""),
        ("this", "good", "learnt"),
        ("that", "bad", "learnt to be avoided"),
    ]
    assert [m.label for m in marked(block)] == ["line 3, user", "line 3, assistant", "line 3, assistant"]


def test_what_stands_against_the_job_is_in_the_line_that_is_seen() -> None:
    calm = first_batch(found(*PAIR))
    assert calm.summary == "The first batch: what is learnt."
    troubled = first_batch(found(*PAIR, left_out=2, left_out_lines=(4, 9), longest=900, free_bytes=10**9))
    assert troubled.summary == "The first batch: what is learnt. 2 rows are left out. It may not fit into memory."
    texts = [i.text for b in troubled.blocks if isinstance(b, ItemList) for i in b.items]
    assert "line 4, 9" in texts[1]
    assert "about 2.0 GB, 1.0 GB are free" in texts[2]


def test_a_need_that_is_unknown_is_said_as_unknown() -> None:
    texts = [
        i.text for b in first_batch(found(*PAIR, memory_bytes=None)).blocks if isinstance(b, ItemList) for i in b.items
    ]
    assert "unknown" in texts[2]
    assert "0.0 GB" not in " ".join(texts)


def test_a_long_message_is_cut_and_shows_that_it_is() -> None:
    long = ShownMessage(role="user", spans=(span("x" * 5000, "read"), span("end", "trained")))
    [shown] = marked(first_batch(found(long)))
    assert [p.text for p in shown.pieces] == ["x" * MOST_CHARACTERS + " […]"]
