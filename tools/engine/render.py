"""Conversations to tokens, and which tokens are trained: the assistant's words and the token that ends its turn.

The span of each assistant message is found by rendering the conversation up to it (with the prompt for an answer) and
up to and including it; both must be beginnings of the whole. So it works with any template that renders from left to
right, needs no marks inside it, and what is trained on is the same text, to the byte, that the model is asked with.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from tools.engine.rows import DataError, Row, uses_tools

IGNORED = -100


@dataclass(frozen=True)
class Encoded:
    """One row as the trainer takes it."""

    columns: ClassVar[tuple[str, ...]] = ("input_ids", "labels")

    line: int
    input_ids: list[int]
    labels: list[int]
    """Token id where trained, -100 elsewhere."""

    @property
    def length(self) -> int:
        """Tokens in all."""
        return len(self.input_ids)

    @property
    def trained(self) -> int:
        """Tokens trained."""
        return sum(label != IGNORED for label in self.labels)

    @property
    def first_trained(self) -> int:
        """Index of the first trained token; there always is one."""
        return next(i for i, label in enumerate(self.labels) if label != IGNORED)

    @property
    def last_trained(self) -> int:
        """Index of the last trained token."""
        return next(i for i in reversed(range(len(self.labels))) if self.labels[i] != IGNORED)

    def shown(self) -> list[tuple[int, bool]]:
        """(token, whether it is trained)."""
        return [(token, label != IGNORED) for token, label in zip(self.input_ids, self.labels, strict=True)]


class Renderer:
    """Renders with one tokenizer's chat template.

    Args:
        tokenizer: a fast Hugging Face tokenizer with a chat template.
        name: the model's name, for messages.
        template: the chat template in place of the tokenizer's own.

    Raises:
        DataError: it has no chat template.
    """

    def __init__(self, tokenizer: Any, name: str, template: Any = None) -> None:
        template = template or tokenizer.chat_template
        if not template:
            raise DataError(
                f"{name} has no chat template: it was not made for conversations. Choose an instruct model.",
                code="no_chat_template",
                param="model",
            )
        self._tokenizer, self.name = tokenizer, name
        self.knows_tools = "tool" in str(template)

    def text(self, messages: list[dict[str, Any]], tools: Any = None, *, ask: bool = False) -> str:
        """The conversation as one text; with `ask`, ready for the assistant's answer."""
        plain = [plain_message(m) for m in messages]
        text: str = self._tokenizer.apply_chat_template(plain, tools=tools, tokenize=False, add_generation_prompt=ask)
        return text

    def ids(self, messages: list[dict[str, Any]], tools: Any = None) -> list[int]:
        """The conversation as tokens, ready for the assistant's answer."""
        found: list[int] = self._tokenizer(self.text(messages, tools, ask=True), add_special_tokens=False)["input_ids"]
        return found

    def supervised(self, row: Row) -> Encoded:
        """Encode one conversation with loss on assistant turns whose weight is not 0.

        Raises:
            DataError: the template cannot render it.
        """
        whole, spans = self.spans(row)
        found = self._tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
        labels = [
            token if any(start < end and start >= a and end <= b for a, b in spans) else IGNORED
            for token, (start, end) in zip(found["input_ids"], found["offset_mapping"], strict=True)
        ]
        return Encoded(row.line, found["input_ids"], labels)

    def spans(self, row: Row) -> tuple[str, list[tuple[int, int]]]:
        """(the conversation as one text, where in it what is learnt begins and ends).

        Raises:
            DataError: the template cannot render it, or there is nothing to learn.
        """
        messages, tools = row.value["messages"], row.value.get("tools")
        self.refuse_tools(row)
        try:
            whole = self.text(messages, tools)
            spans = [self._span(messages, tools, i, whole) for i in trained_messages(messages)]
        except DataError:
            raise
        except Exception as e:  # a template is a program of the model's maker: it may raise anything
            raise DataError(f"Line {row.line} cannot be rendered by the template of {self.name}: {e}.") from e
        if not spans or not any(b > a for a, b in spans):
            raise DataError(f"Line {row.line} has nothing to learn: its answers are empty.")
        return whole, spans

    def pieces(self, ids: list[int]) -> list[str]:
        """The text of each token; a character made of several tokens stands with the last of them."""
        found: list[str] = []
        before, read = 0, 0
        for count in range(1, len(ids) + 1):
            # With the token before it, for some tokenizers decode a first token differently.
            known = str(self._tokenizer.decode(ids[before:read], clean_up_tokenization_spaces=False))
            text = str(self._tokenizer.decode(ids[before:count], clean_up_tokenization_spaces=False))
            if text.endswith("\N{REPLACEMENT CHARACTER}") and count < len(ids):
                found.append("")
                continue
            found.append(text[len(known) :])
            before, read = read, count
        return found

    def ends(self, messages: list[dict[str, Any]], tools: Any = None) -> list[int]:
        """Where each message ends in the rendered text, in characters; one end for all if it cannot be told."""
        try:
            whole = self.text(messages, tools)
            upto = [self.text(messages[: i + 1], tools) for i in range(len(messages))]
        except Exception:  # some templates refuse a conversation that stops early
            return [0]
        return [len(t) for t in upto] if all(whole.startswith(t) for t in upto) else [len(whole)]

    def refuse_tools(self, row: Row) -> None:
        """Raise DataError for a row with tools that the template would silently drop."""
        if uses_tools(row.value) and not self.knows_tools:
            raise DataError(
                f"Line {row.line} uses tools, and the chat template of {self.name} cannot show tools to the model. "
                "Choose a base model whose template can, or take the tools out of the data.",
                code="template_without_tools",
            )

    def _span(self, messages: list[dict[str, Any]], tools: Any, index: int, whole: str) -> tuple[int, int]:
        upto = whole if index == len(messages) - 1 else self.text(messages[: index + 1], tools)
        before = self.text(messages[:index], tools, ask=True) if index else _opening(messages[0], upto)
        if not (whole.startswith(upto) and upto.startswith(before)):
            raise DataError(
                f"The chat template of {self.name} rewrites earlier turns when later ones follow, so which tokens to "
                "train cannot be told. Train on conversations with one assistant turn, or choose another base."
            )
        end_token = self._tokenizer.eos_token or ""
        ends = upto.find(end_token, len(before)) if end_token else -1
        return len(before), (ends + len(end_token) if ends >= 0 else len(upto))


def _opening(message: dict[str, Any], upto: str) -> str:
    """What precedes the words of a conversation that the assistant begins: nothing can be asked before it."""
    return upto[: max(0, upto.rfind(plain_message(message)["content"]))]


def trained_messages(messages: list[dict[str, Any]]) -> list[int]:
    """Indexes of the assistant messages to learn from."""
    return [i for i, m in enumerate(messages) if m["role"] == "assistant" and m.get("weight", 1) != 0]


def plain_message(message: dict[str, Any]) -> dict[str, Any]:
    """A message as templates expect it: text content, system for developer, no training weight."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text") or part.get("refusal") or "" for part in content)
    plain = {k: v for k, v in message.items() if k not in ("weight", "content")}
    role = "system" if message["role"] == "developer" else message["role"]
    return {**plain, "role": role, "content": content if content is not None else ""}
