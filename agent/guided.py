"""The mind without a model: a Semantic Kernel chat-completion service whose answers are planned, not generated.

The same agent, functions and filters run as with a model, so what is tested without a key is what runs with one.
"""

import json
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase


class Call(NamedTuple):
    """A kernel function to call, by its full name, with arguments."""

    name: str
    arguments: dict[str, Any]


class Script(NamedTuple):
    """What this turn calls for: functions in order, then the text over their results."""

    calls: tuple[Call, ...]
    text: Callable[[Sequence[dict[str, Any]]], str]


SCRIPT: ContextVar[Script] = ContextVar("script")
"""Set by the turn; one conversation cannot see another's."""


def plan(results: Sequence[dict[str, Any]], script: Script) -> Call | str:
    """The next step: the first call that has no result yet, else the text.

    Args:
        results: results of the function calls made since the person last spoke, in order.
        script: what this turn calls for.
    """
    if len(results) < len(script.calls):
        return script.calls[len(results)]
    return script.text(results)


@cache
def planner() -> "ChatCompletionClientBase":
    """The service. Importing Semantic Kernel costs over a second, so it happens here."""
    from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
    from semantic_kernel.contents import (
        AuthorRole,
        ChatMessageContent,
        FunctionCallContent,
        FunctionResultContent,
        StreamingChatMessageContent,
        StreamingTextContent,
        TextContent,
    )
    from semantic_kernel.contents.utils.finish_reason import FinishReason

    def results_of(history: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for message in history.messages:
            if message.role == AuthorRole.USER:
                found = []
            found += [json.loads(str(i.result)) for i in message.items if isinstance(i, FunctionResultContent)]
        return found

    class Planner(ChatCompletionClientBase):
        """Answers with the plan's next step."""

        SUPPORTS_FUNCTION_CALLING = True

        async def _inner_get_streaming_chat_message_contents(
            self, chat_history: Any, settings: Any, function_invoke_attempt: int = 0
        ) -> Any:
            step = plan(results_of(chat_history), SCRIPT.get())
            item: Any
            if isinstance(step, Call):
                item = FunctionCallContent(
                    id=f"g{len(chat_history)}", index=0, name=step.name, arguments=json.dumps(step.arguments)
                )
            else:
                item = StreamingTextContent(choice_index=0, text=step)
            yield [
                StreamingChatMessageContent(
                    role=AuthorRole.ASSISTANT,
                    choice_index=0,
                    items=[item],
                    ai_model_id=self.ai_model_id,
                    function_invoke_attempt=function_invoke_attempt,
                    finish_reason=FinishReason.STOP,
                )
            ]

        async def _inner_get_chat_message_contents(self, chat_history: Any, settings: Any) -> Any:
            step = plan(results_of(chat_history), SCRIPT.get())
            item: Any
            if isinstance(step, Call):
                item = FunctionCallContent(
                    id=f"g{len(chat_history)}", index=0, name=step.name, arguments=json.dumps(step.arguments)
                )
            else:
                item = TextContent(text=step)
            return [
                ChatMessageContent(
                    role=AuthorRole.ASSISTANT,
                    items=[item],
                    ai_model_id=self.ai_model_id,
                    finish_reason=FinishReason.STOP,
                )
            ]

    return Planner(ai_model_id="guided")
