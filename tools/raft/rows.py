"""From questions and passages to rows: which passages stand beside the right one, and where it stands."""

import random
from typing import Any, NamedTuple

from tools.raft.answers import DECLINE, SYSTEM, Question, final, quotes, worded
from tools.raft.documents import Passage


class Made(NamedTuple):
    """One row."""

    messages: list[dict[str, str]]
    has_golden: bool
    distractors: int
    golden_at: int | None
    """The number the right passage has in the prompt, from 1."""


class Maker:
    """Makes rows from the passages of one side: distractors never come from the other."""

    def __init__(self, passages: list[Passage], distractors: int, hard: bool) -> None:
        self._passages, self._distractors, self._hard = passages, distractors, hard
        self._plain = [worded(p.text) for p in passages]
        self._near: Any = None

    def row(self, question: Question, dice: random.Random, with_golden: bool, decline: bool) -> Made:
        """One row; `dice` decides the order and, where passages are drawn, which."""
        chosen = self._others(question, dice)
        if with_golden:
            chosen = [question.golden, *chosen[: self._distractors]]
        dice.shuffle(chosen)
        shown = "\n\n".join(f"[{i}] {p.title}\n{p.text}" for i, p in enumerate(chosen, 1))
        text = question.written if with_golden or not decline else DECLINE
        return Made(
            messages=[
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": f"{shown}\n\nQuestion: {question.question}"},
                {"role": "assistant", "content": text},
            ],
            has_golden=with_golden,
            distractors=len(chosen) - with_golden,
            golden_at=chosen.index(question.golden) + 1 if with_golden else None,
        )

    def _others(self, question: Question, dice: random.Random) -> list[Passage]:
        """Passages of other documents that do not hold the answer or its evidence."""
        order = (
            self._nearest(question.question)
            if self._hard
            else dice.sample(range(len(self._passages)), len(self._passages))
        )
        held = [worded(t) for t in (question.answer, final(question.written) or "", *quotes(question.written))]
        found: list[Passage] = []
        for i in order:
            if len(found) == self._distractors:
                break
            passage = self._passages[i]
            if passage.document == question.golden.document or any(t.strip() and t in self._plain[i] for t in held):
                continue
            found.append(passage)
        return found

    def _nearest(self, text: str) -> list[int]:
        from tools.evals.lexical import Texts

        if self._near is None:
            self._near = Texts([f"{p.title} {p.text}" for p in self._passages])
        return list(self._near.nearest([text], len(self._passages))[0])
