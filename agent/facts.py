"""The facts a recommendation rests on. Every fact may be unknown (None); unknown is not false and not 0."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.errors import InputError

TaskType = Literal[
    "generation",
    "classification",
    "extraction",
    "structured_output",
    "summarization",
    "question_answering",
    "reasoning",
    "tool_use",
    "dialogue",
    "code",
    "translation",
    "image_classification",
    "image_extraction",
    "other",
]
Gap = Literal[
    "tone_style",
    "format",
    "knowledge",
    "live_data_or_action",
    "multi_step",
    "reasoning",
    "accuracy",
    "preference",
    "instruction_following",
    "tool_selection",
    "retrieval_distractors",
    "retrieval_recall",
    "abstention",
    "calculation",
    "forgetting",
    "latency",
    "cost",
    "none",
]
GAPS: tuple[Gap, ...] = get_args(Gap)
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Facts(BaseModel):
    """What is known about the asker's task. Names, types and values are a contract: add, never rename or drop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_type: TaskType | None = None
    modality: Literal["text", "image", "other"] | None = None
    gaps: tuple[Gap, ...] | None = None
    """What is wrong today, in the fixed order of GAPS, without repeats (so that order said cannot matter)."""
    knowledge_change: Literal["never", "yearly", "quarterly", "monthly", "weekly", "daily", "realtime"] | None = None
    prompt_effort: Literal["none", "single_prompt", "few_shot", "iterated", "systematic"] | None = None
    chaining_tried: bool | None = None
    tools_tried: bool | None = None
    structured_output_tried: bool | None = None
    rag_tried: bool | None = None
    retrieval_recall_ok: bool | None = None
    documents: bool | None = None
    evals_defined: bool | None = None
    baseline_score: Share | None = None
    teacher_score: Share | None = None
    target_score: Share | None = None
    meets_target: bool | None = None
    already_tuned: bool | None = None
    tuned_vs_prompt: Literal["better", "same", "worse"] | None = None
    examples: Count | None = None
    labels_quality: Literal["clean", "noisy", "imbalanced", "mismatched", "unlabelled"] | None = None
    task_prompts: Count | None = None
    can_make_examples: bool | None = None
    preference_pairs: Count | None = None
    objective_grader: bool | None = None
    teacher_meets_target: bool | None = None
    no_llm_meets_target: bool | None = None
    """Measured only: a model on words alone reaches the target with its whole interval."""
    narrow_task: bool | None = None
    latency_or_cost_pressure: bool | None = None
    requests_per_day: Amount | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    offline_required: bool | None = None
    data_must_stay_inside: bool | None = None
    sensitive_data: bool | None = None
    gpu: Literal["none", "single", "many"] | None = None
    budget_usd: Amount | None = None
    deadline_days: Count | None = None
    base_model: str | None = None
    provider: str | None = None
    openai_eligible: bool | None = None
    horizon_months: Count | None = None
    in_scope: bool | None = None

    def model_post_init(self, _context: Any) -> None:
        """Put gaps into their fixed order; an empty list of gaps is unknown, not "none"."""
        if self.gaps is not None:
            ordered = tuple(g for g in GAPS if g in self.gaps)
            if len(ordered) > 1:
                ordered = tuple(g for g in ordered if g != "none")
            object.__setattr__(self, "gaps", ordered or None)

    def known(self) -> dict[str, Any]:
        """Only what is known, JSON-ready, in the order of the contract."""
        return self.model_dump(mode="json", exclude_none=True)

    def having(self, **changes: Any) -> "Facts":
        """These facts with some changed; None makes a fact unknown again. Validated."""
        return parse_facts({**self.model_dump(), **changes})


FACT_NAMES: tuple[str, ...] = tuple(Facts.model_fields)
# Pydantic would read "yes" as true and true as 1; a fact is not guessed.
_BOOLS = {n for n, f in Facts.model_fields.items() if bool in get_args(f.annotation)}
_NUMBERS = {n for n, f in Facts.model_fields.items() if {Share, Count, Amount} & set(get_args(f.annotation))}
_SEE = "docs/facts.md lists what each may be."


def parse_facts(data: Any, *, where: str = "facts") -> Facts:
    """Validate a mapping of facts.

    Raises:
        InputError: naming the fact, what is wrong with it and what it may be.
    """
    if isinstance(data, dict):
        for name in _BOOLS & data.keys():
            if not isinstance(data[name], bool | None):
                raise InputError(f"{name}: true or false is expected", where=where, remedy=_SEE)
        for name in _NUMBERS & data.keys():
            if isinstance(data[name], bool | str):
                raise InputError(f"{name}: a number is expected", where=where, remedy=_SEE)
    try:
        return Facts.model_validate(data)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "facts"
        if first["type"] == "extra_forbidden":
            import difflib

            close = difflib.get_close_matches(name, FACT_NAMES, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else _SEE
            raise InputError(f"there is no fact named {name!r}", where=where, remedy=hint) from None
        raise InputError(f"{name}: {first['msg']}", where=where, remedy=_SEE) from None
