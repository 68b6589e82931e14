"""What stands between a mind and the tools: an allow-list, a budget a turn, no call twice, events for the person."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from agent.events import Event, ToolFinished, ToolStarted
from agent.plugins import TOOLS

BUDGET = 8
"""Calls in one turn."""


class Guard:
    """An auto-function-invocation filter; a new one for each turn."""

    def __init__(self, allowed: Iterable[str], emit: Callable[[Event], None], budget: int = BUDGET) -> None:
        """Args: allowed: full names (`advisor-name`); emit: where events go; budget: calls in this turn."""
        self.allowed, self.emit, self.budget = frozenset(allowed), emit, budget
        self.calls = 0
        self._seen: set[tuple[str, str]] = set()

    async def __call__(self, context: Any, next: Any) -> None:
        """Let a call through, or answer it with a refusal that ends the round."""
        name = context.function.fully_qualified_name
        arguments = dict(context.arguments or {})
        key = (name, json.dumps(arguments, sort_keys=True, default=str))
        if name not in self.allowed:
            return self._refuse(context, "not_allowed")
        if key in self._seen:
            return self._refuse(context, "identical_call", stop=True)
        self._seen.add(key)
        self.calls += 1  # before the await: the calls of one round run at once
        if self.calls > self.budget:
            return self._refuse(context, "budget", stop=True)
        tool = TOOLS[name.split("-", 1)[1]]
        if tool.shown:
            self.emit(ToolStarted(tool.name, arguments))
        await next(context)
        if tool.shown:
            result = json.loads(str(context.function_result))
            if "error" in result:
                self.emit(ToolFinished(tool.name, None, str(result.get("message") or result["error"])))
            else:
                self.emit(ToolFinished(tool.name, result))
        return None

    def _refuse(self, context: Any, code: str, stop: bool = False) -> None:
        from semantic_kernel.functions import FunctionResult

        context.function_result = FunctionResult(
            function=context.function.metadata,
            value=json.dumps({"error": code, "who_acts": "answer with what you have"}),
        )
        context.terminate = stop
