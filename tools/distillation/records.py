"""What goes into a distillation and what comes out."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.endpoint import Endpoint
from tools.evals.graders import Grader
from tools.evals.prompts import AsIs, Prompt


class Judge(BaseModel):
    """A model that gives each answer a mark from 1 to 5."""

    model_config = ConfigDict(frozen=True)

    endpoint: Endpoint
    criteria: str = "It answers the question fully, correctly and in the form that was asked for."
    least: int = Field(default=4, ge=1, le=5)
    """The lowest mark that is kept."""
    usd_per_million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    usd_per_million_completion_tokens: Decimal | None = Field(default=None, ge=0)


class Filters(BaseModel):
    """What an answer must pass to be learnt from. Refused, empty and cut answers never pass."""

    model_config = ConfigDict(frozen=True)

    most_characters: int | None = Field(default=None, ge=1)
    json_schema: dict[str, Any] | None = None
    grader: Grader | None = None
    """Compares with the file's own answer, where it has one."""
    least_score: float = Field(default=1.0, ge=0, le=1)
    judge: Judge | None = None


class DistilRequest(BaseModel):
    """What to ask a teacher, and what to keep."""

    model_config = ConfigDict(frozen=True)

    prompts: Path
    """Chat JSON Lines. A last assistant turn is not sent: it is what the grader compares with."""
    out: Path
    teacher: Endpoint
    prompt: Prompt = AsIs()
    """What the teacher gets besides: instructions or examples. The student learns to do without them."""
    filters: Filters = Filters()
    person: str
    """Who accepts the teacher's terms and spends."""
    limit: int | None = Field(default=None, ge=1)
    max_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    parallel: int = Field(default=8, ge=1, le=64)
    usd_per_million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    usd_per_million_completion_tokens: Decimal | None = Field(default=None, ge=0)
    budget_usd: Decimal | None = Field(default=None, ge=0)
    budget_tokens: int | None = Field(default=None, ge=1)
    """The most tokens, prompts and answers together, that may be used now."""


class DistilPlan(BaseModel):
    """What would be asked and cost at most, before anything is."""

    prompts: int
    known: int
    """Answered before; never asked again."""
    requests: int
    """To the teacher, now."""
    judge_requests: int
    """To the judge, at most."""
    most_tokens: int
    """Prompts by their bytes (a token is at least one byte) and the longest answers."""
    worst_case_usd: Decimal | None
    """None: a price is not known."""
    terms: str
    terms_accepted: bool


class TermsRecord(BaseModel):
    """Who accepted which terms, when, for which teacher."""

    teacher: str
    """MODEL at ADDRESS."""
    person: str
    at: datetime
    title: str
    url: str
    version: str
    """Date or number of the text as the person names it, else when we last read it."""
    text_sha256: str | None
    """Of the file with the terms, where one was given."""


class DistilResult(BaseModel):
    """What came of it."""

    out: Path
    rows: int
    """Rows to learn from."""
    asked: int
    """Requests sent now, to the teacher and to the judge."""
    reused: int
    """Answers of the teacher that were there already."""
    dropped: dict[str, int]
    """By filter: how many answers it kept out."""
    dropped_file: Path | None
    prompt_tokens: int | None
    completion_tokens: int | None
    """Of all answers used, old and new; None when an endpoint did not say."""
    cost_usd: Decimal | None
    """Of what was asked now; None: a price or a count is not known, or an answer was lost."""
    cost_at_most_usd: Decimal | None
    """The same with what is not known at its worst; None: a price is not known."""
    lost: int
    """Requests whose answer never came; each may be billed, and counted in the budget at its worst."""
    terms: TermsRecord
