"""Loss falls on the assistant's words and the token that ends its turn, in every turn, and on nothing else."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from tools.engine.render import IGNORED, Renderer
from tools.engine.rows import DataError, Row

PLAIN = "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
MARKED = (
    "''}}{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
)


@pytest.fixture(scope="module")
def tokenizer(tiny_home: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import PreTrainedTokenizerFast

        return PreTrainedTokenizerFast.from_pretrained(tiny_home / "models" / "tiny")


def said(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


CONVERSATIONS = {
    "one turn": [said("user", "my bill"), said("assistant", "billing")],
    "system": [said("system", "Label."), said("user", "my parcel"), said("assistant", "delivery")],
    "three turns": [
        *(said("user", "a bill"), said("assistant", "billing")),
        *(said("user", "billing?"), said("assistant", "Yes: billing <|im_start|>")),
        *(said("user", "ok\n"), said("assistant", "\nlogin é 🙂 ")),
    ],
}


@pytest.mark.parametrize("messages", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_what_is_trained_equals_the_templates_own_generation_marks(tokenizer: Any, messages: Any) -> None:
    marked = tokenizer.chat_template.replace(PLAIN, MARKED)
    assert marked != tokenizer.chat_template
    plain = tokenizer.apply_chat_template(messages, tokenize=False)
    assert tokenizer.apply_chat_template(messages, tokenize=False, chat_template=marked) == plain
    masked = tokenizer.apply_chat_template(
        messages, chat_template=marked, return_assistant_tokens_mask=True, return_dict=True
    )
    encoded = Renderer(tokenizer, "tiny").supervised(Row(1, {"messages": messages}))
    assert encoded.input_ids == list(masked["input_ids"])
    assert [label != IGNORED for label in encoded.labels] == [bool(m) for m in masked["assistant_masks"]]


def trained_text(tokenizer: Any, messages: Any) -> str:
    encoded = Renderer(tokenizer, "tiny").supervised(Row(1, {"messages": messages}))
    return str(tokenizer.decode([label for label in encoded.labels if label != IGNORED]))


def test_every_turn_is_trained_with_its_end_token(tokenizer: Any) -> None:
    messages = [said("user", "a"), said("assistant", "billing"), said("user", "b"), said("assistant", "login")]
    assert trained_text(tokenizer, messages) == "billing<|im_end|>login<|im_end|>"


def test_a_weight_of_0_takes_a_message_out_and_is_not_shown_to_the_model(tokenizer: Any) -> None:
    messages = [
        said("user", "a"),
        said("assistant", "billing", weight=0),
        said("user", "b"),
        said("assistant", "login"),
    ]
    assert trained_text(tokenizer, messages) == "login<|im_end|>"
    plain = [{k: v for k, v in m.items() if k != "weight"} for m in messages]
    renderer = Renderer(tokenizer, "tiny")
    with_weight, without = (renderer.supervised(Row(1, {"messages": m})) for m in (messages, plain))
    assert with_weight.input_ids == without.input_ids


def test_a_conversation_that_the_assistant_begins(tokenizer: Any) -> None:
    messages = [said("assistant", "billing"), said("user", "b"), said("assistant", "login")]
    assert trained_text(tokenizer, messages) == "billing<|im_end|>login<|im_end|>"


def test_text_parts_and_developer_messages_are_rendered_as_text_and_system(tokenizer: Any) -> None:
    renderer = Renderer(tokenizer, "tiny")
    parts = [said("developer", "Label."), {"role": "user", "content": [{"type": "text", "text": "my bill"}]}]
    assert renderer.text(parts, ask=True) == renderer.text(
        [said("system", "Label."), said("user", "my bill")], ask=True
    )


def test_a_template_that_rewrites_earlier_turns_is_refused(tokenizer: Any) -> None:
    class Rewriting:
        chat_template = "..."
        eos_token = "<|im_end|>"

        def apply_chat_template(self, messages: Any, **_: Any) -> str:
            shown = messages[-2:]
            return "".join(f"{m['role']}:{m['content']}<|im_end|>" for m in shown)

    messages = [said("user", "a"), said("assistant", "b"), said("user", "c"), said("assistant", "d")]
    with pytest.raises(DataError, match="rewrites earlier turns"):
        Renderer(Rewriting(), "odd").supervised(Row(1, {"messages": messages}))


def test_a_base_without_a_chat_template_is_refused() -> None:
    with pytest.raises(DataError, match="no chat template"):
        Renderer(type("Bare", (), {"chat_template": None})(), "bare")


@pytest.mark.parametrize(
    "row",
    [
        {"tools": [{"type": "function", "function": {"name": "find"}}]},
        {"messages": [said("user", "a"), said("tool", "b"), said("assistant", "c")]},
        {"messages": [said("user", "a"), said("assistant", "", tool_calls=[{"id": "1"}])]},
    ],
    ids=["tools", "tool message", "tool call"],
)
def test_tools_are_refused_by_line_where_the_template_would_drop_them(tokenizer: Any, row: dict[str, Any]) -> None:
    value = {"messages": [said("user", "a"), said("assistant", "b")], **row}
    with pytest.raises(DataError, match="Line 7 uses tools") as e:
        Renderer(tokenizer, "tiny").supervised(Row(7, value))
    assert e.value.code == "template_without_tools"
