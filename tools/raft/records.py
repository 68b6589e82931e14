"""What goes into RAFT rows and what comes out."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.raft import raft_defaults
from tools.distillation.records import TermsRecord
from tools.endpoint import Endpoint


def _default(name: str) -> float:
    return raft_defaults()[name].value


class Teacher(BaseModel):
    """A model that writes questions and answers from passages."""

    model_config = ConfigDict(frozen=True)

    endpoint: Endpoint
    person: str
    """Who accepts its terms and spends."""
    questions: int = Field(default=3, ge=1, le=20)
    """Asked for about each passage."""
    max_tokens: int = Field(default=400, ge=16)
    parallel: int = Field(default=8, ge=1, le=64)
    usd_per_million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    usd_per_million_completion_tokens: Decimal | None = Field(default=None, ge=0)
    budget_usd: Decimal | None = Field(default=None, ge=0)
    budget_tokens: int | None = Field(default=None, ge=1)


class RaftRequest(BaseModel):
    """What to make rows from."""

    model_config = ConfigDict(frozen=True)

    documents: tuple[Path, ...]
    """Files or folders: .txt, .md, .jsonl (`text`, and `id` or `title` where there is one)."""
    out: Path
    """Folder for train.jsonl, held_out.jsonl and raft.json."""
    questions: Path | None = None
    """JSON Lines of question, answer, document (its id or file name) and, where known, evidence (verbatim)."""
    teacher: Teacher | None = None
    golden_share: float = Field(default_factory=lambda: _default("golden_share"), ge=0, le=1)
    """P: the share of training rows that hold the right passage. Held-out rows always hold it."""
    distractors: int = Field(default_factory=lambda: int(_default("distractors")), ge=0, le=20)
    passage_words: int = Field(default_factory=lambda: int(_default("passage_words")), ge=20, le=2000)
    held_out_share: float = Field(default_factory=lambda: _default("held_out_share"), ge=0, lt=1)
    """Share of the documents that is never trained on."""
    without_golden: Literal["answer", "decline"] = "answer"
    """What a row without the right passage teaches: the answer all the same (the paper), or to say it is not there."""
    hard: bool = True
    """Distractors that share most words with the question, as a search would bring them; else any, by the seed."""
    seed: int = 0


class RaftPlan(BaseModel):
    """What a teacher would be asked and cost at most, before anything is sent."""

    passages: int
    requests: int
    most_tokens: int
    """Prompts by their bytes (a token is at least one byte) and the longest answers."""
    worst_case_usd: Decimal | None
    """None: a price is not known."""
    terms: str
    terms_accepted: bool


class RaftResult(BaseModel):
    """What came of it."""

    train: Path
    held_out: Path | None
    documents: int
    held_out_documents: tuple[str, ...]
    passages: int
    train_rows: int
    rows_with_golden: int
    held_out_rows: int
    dropped: dict[str, int]
    """By reason: questions that made no row."""
    short_of_distractors: int
    """Rows with fewer distractors than asked for, because all others hold the answer."""
    longest_words: int
    """Of a row, prompt and answer together: choose max_length by it."""
    terms: TermsRecord | None
    cost_usd: Decimal | None
    """Of what a teacher was asked now; None: not known."""
    cost_at_most_usd: Decimal | None
    """The same with what is not known at its worst; None: a price is not known."""
    lost: int
    """Requests whose answer never came; each may be billed, and counted in the budget at its worst."""
