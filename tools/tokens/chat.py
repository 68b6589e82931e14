"""What a whole example costs: text, role names, and what the chat format adds."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from knowledge.tokenizers import Encoding, tokenizers
from tools.dataset.example import Example, Turn
from tools.tokens.encodings import FileCounter, TextCounter
from tools.tokens.template import ChatTemplate

# OpenAI's published sums for tool definitions of gpt-4o (ds-chat-overhead, section 7 of the page).
_TOOL_INIT, _PROP_INIT, _PROP_KEY, _ENUM_INIT, _ENUM_ITEM, _TOOL_END = 7, 3, 3, -3, 3, 12


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
        self._tools: dict[str, int] = {}
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
                2 * prompt.overhead + sum(b.overhead for b in both) + 2 * self._per_example,
                2 * tools,
                both[0].supervised,
            )
        counted = self._turns(example.turns)
        if self.template is not None:
            rendered = self.template.render(example)
            if rendered is not None:
                return ExampleTokens(counted.text, self.text.count(rendered) - counted.text, 0, counted.supervised)
        return counted._replace(overhead=counted.overhead + self._per_example, tools=tools)

    @property
    def _per_example(self) -> int:
        return self.rule.per_example if self.rule else 0

    def _turns(self, turns: Sequence[Turn]) -> ExampleTokens:
        text = overhead = supervised = 0
        for turn in turns:
            here = self.text.count(turn.text) if turn.text else 0
            for call in turn.tool_calls:
                here += self._call(call)
            text += here
            overhead += self._around(turn)
            if turn.role == "assistant" and turn.raw.get("weight", 1) != 0:
                supervised += here
        return ExampleTokens(text, overhead, 0, supervised)

    def _around(self, turn: Turn) -> int:
        role = turn.role or ""
        known = self._roles.get(role)
        if known is None:
            known = self._roles[role] = self.text.count(role) + (self.rule.per_message if self.rule else 0)
        name = turn.raw.get("name")
        if isinstance(name, str) and name:
            known += self.text.count(name) + (self.rule.per_name if self.rule else 0)
        return known

    def _call(self, call: Any) -> int:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            return 0
        parts = [function.get("name"), function.get("arguments")]
        return sum(self.text.count(p) for p in parts if isinstance(p, str))

    def _tools_of(self, tools: Any) -> int:
        """Tool definitions by the published rule; the same set is counted once."""
        if not isinstance(tools, list) or not tools:
            return 0
        key = json.dumps(tools, sort_keys=True, default=str)
        if key not in self._tools:
            if len(self._tools) > 1000:
                self._tools.clear()
            self._tools[key] = _TOOL_END + sum(self._tool(t) for t in tools)
        return self._tools[key]

    def _tool(self, tool: Any) -> int:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict):
            return 0
        described = f"{function.get('name')}:{str(function.get('description') or '').rstrip('.')}"
        total = _TOOL_INIT + self.text.count(described)
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        if isinstance(properties, dict) and properties:
            total += _PROP_INIT
            for key, field in properties.items():
                total += _PROP_KEY + self._property(key, field if isinstance(field, dict) else {})
        return total

    def _property(self, key: str, field: dict[str, Any]) -> int:
        total = 0
        values = field.get("enum")
        if isinstance(values, list):
            total += _ENUM_INIT + sum(_ENUM_ITEM + self.text.count(str(v)) for v in values)
        described = f"{key}:{field.get('type')}:{str(field.get('description') or '').rstrip('.')}"
        return total + self.text.count(described)
