"""What a whole example costs: text, role names, and what the chat format adds."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from knowledge.tokenizers import Encoding, tokenizers
from tools.dataset.example import Example, Turn
from tools.tokens.encodings import FileCounter, TextCounter
from tools.tokens.ranks import PUBLISHED
from tools.tokens.template import ChatTemplate
from tools.tokens.tool_text import definitions_text

ONE_TOKEN = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
"""Role names that are one token in each published encoding: known without loading its tables."""


class ExampleTokens(NamedTuple):
    """Tokens of one example by part."""

    text: int
    """Message text, tool calls included."""
    overhead: int
    """Role names, names and the chat format's own tokens."""
    tools: int
    supervised: int
    """Text of the assistant turns that carry loss."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.text + self.overhead + self.tools


class ChatCounter:
    """Counts whole examples with one tokenizer."""

    def __init__(self, text: TextCounter) -> None:
        self.text = text
        self.rule: Encoding | None = tokenizers().encodings.get(text.name)
        self._roles: dict[str, int] = {}
        self.template = ChatTemplate.load(text.folder) if isinstance(text, FileCounter) else None

    @property
    def exact(self) -> bool:
        """Whether the chat format's own tokens are known exactly."""
        return self.template is not None or (self.rule is not None and self.rule.chat_exact)

    def count(self, example: Example) -> ExampleTokens:
        """Tokens of one example; a preference pair counts its prompt once with each answer."""
        tools = self._tools_of(example.tools)
        if example.shape == "preference":
            prompt = self._turns(example.turns)
            both = [self._turns(t) for t in (example.chosen, example.rejected)]
            return ExampleTokens(
                2 * prompt.text + sum(b.text for b in both),
                2 * prompt.overhead + sum(b.overhead for b in both) + 2 * self.per_example,
                2 * tools,
                both[0].supervised,
            )
        counted = self._turns(example.turns)
        if self.template is not None:
            rendered = self.template.render(example)
            if rendered is not None:
                return ExampleTokens(counted.text, self.text.count(rendered) - counted.text, 0, counted.supervised)
        return counted._replace(overhead=counted.overhead + self.per_example, tools=tools)

    def parts(self, example: Example) -> tuple[list[str], int]:
        """(texts whose tokens are still to be counted, tokens of all else): their sum is `count(example).total`."""
        texts: list[str] = []
        tools, fixed = definitions_text(example.tools)
        sides = [[*example.turns, *example.chosen], [*example.turns, *example.rejected]]
        if example.shape != "preference":
            sides = [example.turns]
        fixed *= len(sides)
        for turns in sides:
            texts += tools
            fixed += self.per_example
            for turn in turns:
                fixed += self._deferred(turn, texts)
                if turn.text:
                    texts.append(turn.text)
                for call in turn.tool_calls:
                    texts.extend(_call_texts(call))
        return texts, fixed

    def _deferred(self, turn: Turn, texts: list[str]) -> int:
        """Like `_around`, but rare role names and names of speakers are added to `texts` instead of being counted."""
        role, name = turn.role or "", turn.raw.get("name")
        if role in ONE_TOKEN or role in self._roles:
            fixed = self.around(role)
        else:
            fixed = self.rule.per_message if self.rule else 0
            texts.append(role)
        if isinstance(name, str) and name:
            fixed += self.rule.per_name if self.rule else 0
            texts.append(name)
        return fixed

    @property
    def per_example(self) -> int:
        """Tokens that the chat format adds once."""
        return self.rule.per_example if self.rule else 0

    def around(self, role: str) -> int:
        """Tokens around a message of a role, the role's name included."""
        known = self._roles.get(role)
        if known is None:
            name = 1 if role in ONE_TOKEN and self.text.name in PUBLISHED else self.text.count(role)
            known = self._roles[role] = name + (self.rule.per_message if self.rule else 0)
        return known

    def _turns(self, turns: Sequence[Turn]) -> ExampleTokens:
        text = overhead = supervised = 0
        for turn in turns:
            here = self.text.count(turn.text) if turn.text else 0
            for call in turn.tool_calls:
                here += sum(map(self.text.count, _call_texts(call)))
            text += here
            overhead += self._around(turn)
            if turn.role == "assistant" and turn.raw.get("weight", 1) != 0:
                supervised += here
        return ExampleTokens(text, overhead, 0, supervised)

    def _around(self, turn: Turn) -> int:
        known = self.around(turn.role or "")
        name = turn.raw.get("name")
        if isinstance(name, str) and name:
            known += self.text.count(name) + (self.rule.per_name if self.rule else 0)
        return known

    def _tools_of(self, tools: Any) -> int:
        texts, fixed = definitions_text(tools)
        return fixed + sum(self.text.count_many(texts))


def _call_texts(call: Any) -> list[str]:
    """What a tool call says: its name and its arguments."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return []
    return [p for p in (function.get("name"), function.get("arguments")) if isinstance(p, str)]
