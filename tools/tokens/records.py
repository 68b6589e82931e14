"""What token counting gives."""

from pydantic import BaseModel, Field


class TokenRange(BaseModel):
    """Lowest and highest total over the real tokenizers tried, for a model whose own is not known."""

    low: int
    high: int
    over: list[str]


class TokenReport(BaseModel):
    """Exact counts of a dataset, or a range with the reason why it is not exact."""

    file: str
    model: str | None
    examples: int
    total_tokens: int | None
    """Message text, role names and chat overhead of all examples; None when the tokenizer is not known: see `range`."""
    trained_tokens_per_epoch: int | None
    """The same with each example cut at the limit of the provider; what one epoch is billed for."""
    text_tokens: int | None
    """Message text alone: what the tokenizer counts, without the chat format."""
    supervised_tokens: int | None
    """Text of the assistant turns that carry loss (weight 0 does not)."""
    tool_tokens: int = 0
    """Tool definitions, by the provider's documented rule for gpt-4o."""
    p50: int | None
    p95: int | None
    max: int | None
    tokenizer: str
    exact: bool
    notes: list[str] = Field(default_factory=list)
    """Why it is not exact, and what is not counted."""
    range: TokenRange | None = None
    limit_per_example: int | None = None
    over_limit: int = 0
    """Examples that are longer than the limit."""
    unread_lines: int = 0
    """Lines that hold no readable example; they are not counted."""
    images: int = 0
    image_tokens: int | None = None
    """None when there are images whose cost is not known."""
    source: str = ""
    """Where the chat rule comes from: a key of the source list."""
