"""What the dataset tools take and give: requests, findings, reports. Showing them is another's job."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["error", "warning", "info"]
Technique = Literal["sft", "dpo", "rft", "vision_sft"]


class Finding(BaseModel):
    """One rule's word on one file: on one line, on many, or on the file as a whole."""

    model_config = ConfigDict(frozen=True)

    rule: str
    """Rule id, such as "FT203"; its manual page has the same name."""
    severity: Severity
    """error: a provider rejects it or training would be wrong; warning: it will hurt; info: good to know."""
    line: int | None
    """First line it was found on, from 1; None when the whole file is meant."""
    lines: list[int] = Field(default_factory=list)
    """All lines it was found on, up to a bound; `count` is exact."""
    count: int = 1
    """How many times it was found."""
    file: str
    title: str = ""
    """What the rule is about, in a few words."""
    message: str
    """What is wrong, and why it matters, at the first place."""
    remedy: str
    """What to do now."""
    fixable: bool = False
    """`--fix` can repair it without changing meaning."""
    offer: str = ""
    """Name of a fix a person has to ask for, because it changes the data: "drop-duplicates", "mask"."""
    place: str = ""
    """Where in the example, such as "messages[2].content"; empty when the line as a whole is meant."""
    excerpt: str = ""
    """A few characters of the place, escaped; secrets and personal data are masked."""


class LabelCount(BaseModel):
    """How often one answer occurs, where answers are labels."""

    label: str
    examples: int


class HistogramBin(BaseModel):
    """Examples with `low` <= tokens < `high`."""

    low: int
    high: int
    examples: int


class TokenStats(BaseModel):
    """Tokens of the examples, in whole examples (message text plus chat overhead)."""

    total: int
    trained_per_epoch: int
    """Tokens of one epoch after the limit per example cuts the longer ones."""
    p50: int
    p95: int
    max: int
    tokenizer: str
    exact: bool
    """True: counted with the model's own tokenizer and chat rule; False: `note` says what is not known."""
    note: str = ""
    limit_per_example: int | None = None
    """The limit of the provider and model asked for; None when no model was named."""
    histogram: list[HistogramBin] = Field(default_factory=list)


class Checked(BaseModel):
    """One group of checks, so that a report without findings says what was looked at."""

    name: str
    rules: int
    """How many rules of this group ran."""
    findings: int
    note: str = ""
    """Why it did not run, or on what part; empty when it ran on everything."""


class RowsFor(BaseModel):
    """Held-out rows that would show a difference."""

    difference: float
    """Of the two accuracies, 0 to 1."""
    rows: int | None
    """None: more than 100 million."""


class Power(BaseModel):
    """What a held-out set can show about base against tuned."""

    rows: int
    changed_share: float
    """Assumed share of rows, 0 to 1, where exactly one of the two is right."""
    alpha: float
    """Significance level of the two-sided test."""
    power: float
    """How often a real difference of that size is found."""
    test: str
    detectable: float | None
    """Smallest difference of the accuracies, 0 to 1, that is found so often; None: these rows show none."""
    rows_for: list[RowsFor]


class LabelNext(BaseModel):
    """A kind of example of which there are too few."""

    kind: Literal["answer", "length", "system prompt"]
    part: Literal["train", "held_out"] = "train"
    """Where it is thin."""
    name: str
    examples: int
    """How many there are."""
    more: int
    """How many more are wanted."""
    why: str


class Stats(BaseModel):
    """What was measured on the file."""

    bytes: int = 0
    lines: int = 0
    sha256: str | None = None
    """Of the file, where it was asked for."""
    seconds: float = 0.0
    tokens: TokenStats | None = None
    labels: list[LabelCount] | None = None
    """Only where the answers are labels; most frequent first."""
    turns: dict[str, int] = Field(default_factory=dict)
    """Messages per role."""
    systems: int = 0
    """How many different system prompts there are."""
    checked: list[Checked] = Field(default_factory=list)
    power: Power | None = None
    """What the held-out file can show; only where one was given."""
    label_next: list[LabelNext] = Field(default_factory=list)
    """Which examples to label next, the thinnest kind first."""


class LintRequest(BaseModel):
    """What to check, and against what."""

    path: Path
    validation: Path | None = None
    held_out: Path | None = None
    grader: Path | None = None
    response_schema: Path | None = None
    user: str | None = None
    """Column (or key) of the question, for tables and keys of one's own; None: what the names say."""
    assistant: str | None = None
    system: str | None = None
    """A system prompt before every example of such a file."""
    system_column: str | None = None
    technique: Technique | None = None
    """None: recognised from the file."""
    provider: str | None = None
    model: str | None = None
    fix_to: Path | None = None
    """Where the repaired copy goes; None: nothing is written."""
    offers: frozenset[str] = frozenset()
    """Fixes that change the data, asked for by name."""
    name: str | None = None
    """Shown in place of the path, such as the name of an uploaded file."""
    count_tokens: bool = True
    secrets: bool = True
    """Look for secrets and personal data."""
    near_duplicates: bool | None = None
    """None: when the file is small enough that it takes seconds."""
    digest: bool = False
    """Whether the report names the file's SHA-256; without instructions for it in the processor, it costs as much as
    all else that is done without counting."""
    changed_share: float | None = Field(default=None, gt=0, le=1)
    """Assumed share of held-out answers that change between right and wrong; None: the usual assumption."""


class FixReport(BaseModel):
    """What was written, and what changed; the original is untouched."""

    path: str
    changes: dict[str, int]
    """Rule id -> how many lines it changed or dropped."""
    lines_in: int
    lines_out: int
    diff: list[str] = Field(default_factory=list)
    """The first changes, as a unified diff a person can read."""


class BackendVerdict(BaseModel):
    """Whether one backend takes the file."""

    provider: str
    title: str
    verdict: Literal["as_is", "after_fix", "no"]
    reasons: list[str]
    """What stops it, or what has to be done."""
    models: list[str] = Field(default_factory=list)
    """The bases there that take it, after the repair where one is needed."""
    other_models: dict[str, str] = Field(default_factory=dict)
    """The other bases for this technique -> why not."""


class LintReport(BaseModel):
    """The result of checking one dataset."""

    file: str
    format: str
    """The format recognised, such as "openai_chat"; "unknown" when none was."""
    format_reason: str = ""
    technique: Technique | None
    examples: int
    findings: list[Finding]
    stats: Stats
    ok: bool
    """No finding is an error."""
    fix: FixReport | None = None
    backends: list[BackendVerdict] = Field(default_factory=list)
    """Only when every backend was asked for (provider "all")."""
    known: int = 0
    """Places that a baseline holds; they are not among the findings."""

    def of(self, severity: Severity) -> Sequence[Finding]:
        """The findings of one severity, in order."""
        return [f for f in self.findings if f.severity == severity]


class SplitRequest(BaseModel):
    """How to divide a dataset."""

    path: Path
    out: Path
    """Folder that gets train.jsonl, validation.jsonl, held_out.jsonl and split.json; nothing in it is overwritten."""
    validation: float = Field(default=0.1, ge=0, lt=1)
    """Share of the examples, or, from 1 on, refused: shares only."""
    held_out: float = Field(default=0.2, ge=0, lt=1)
    seed: int = 7
    group_by: str | None = None
    """Examples with the same value of this top-level key stay on one side."""
    keep_held_out: bool = False
    """Examples that an earlier split held out are held out again, whatever the seed."""
    digest: bool = False
    """Whether the report names the file's SHA-256; without instructions for it in the processor, it costs as much as
    all else that is done without counting."""
    changed_share: float | None = Field(default=None, gt=0, le=1)
    """Assumed share of held-out answers that change between right and wrong; None: the usual assumption."""
    name: str | None = None


class SplitPart(BaseModel):
    """One side of a split."""

    name: Literal["train", "validation", "held_out"]
    path: str
    examples: int
    sha256: str
    """Of the file's bytes."""


class SplitReport(BaseModel):
    """What a split wrote."""

    file: str
    sha256: str
    """Of the file that was divided."""
    seed: int
    parts: list[SplitPart]
    groups: int
    """Groups that were kept whole: equal, nearly equal, or of one `group_by` value."""
    stratified_by: str
    notes: list[str]
    """What a person should know: too few rows, a part left out and why."""
    left_out: int = 0
    """Lines that could not be read as examples and went to no side."""
    power: Power | None = None
    """What the held-out set can show; None when none was made."""
