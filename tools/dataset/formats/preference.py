"""TRL's preference, unpaired preference and prompt-only shapes, standard or conversational."""

from typing import Any

from knowledge.columns import column_names
from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message


def _fits(value: Value) -> bool:
    return "chosen" in value and "rejected" in value


def _fits_unpaired(value: Value) -> bool:
    return "prompt" in value and "completion" in value and isinstance(value.get("label"), bool)


def _fits_prompt(value: Value) -> bool:
    if "prompt" not in value or "completion" in value or "chosen" in value:
        return False
    return not any(isinstance(value.get(k), str) for k in column_names().replies)


def _side(side: Any, role: str) -> Any:
    return side if isinstance(side, list) else [message(role, side)]


def _read(value: Value) -> Value:
    chosen, rejected = _side(value.get("chosen"), "assistant"), _side(value.get("rejected"), "assistant")
    if "prompt" in value:
        prompt = _side(value["prompt"], "user")
    else:  # the prompt is what both begin with
        shared = 0
        while shared < min(len(chosen), len(rejected)) and chosen[shared] == rejected[shared]:
            shared += 1
        prompt, chosen, rejected = chosen[:shared], chosen[shared:], rejected[shared:]
    return {"input": {"messages": prompt}, "preferred_output": chosen, "non_preferred_output": rejected}


def _write(value: Value) -> tuple[Value, list[str]]:
    given = value.get("input") or {}
    lost = [k for k in given if k != "messages"]
    return {
        "prompt": given.get("messages"),
        "chosen": value.get("preferred_output"),
        "rejected": value.get("non_preferred_output"),
    }, lost


def _read_unpaired(value: Value) -> Value:
    return {"messages": [*_side(value.get("prompt"), "user"), *_side(value.get("completion"), "assistant")]}


def _read_prompt(value: Value) -> Value:
    return {**{k: v for k, v in value.items() if k != "prompt"}, "messages": _side(value.get("prompt"), "user")}


def _write_prompt(value: Value) -> tuple[Value, list[str]]:
    return {"prompt": value.get("messages"), **{k: v for k, v in value.items() if k != "messages"}}, []


TRL_PREFERENCE = Format(
    name="trl_preference",
    title="preference pairs (TRL)",
    shape="preference",
    technique="dpo",
    signature='"chosen" and "rejected"',
    fits=_fits,
    read=_read,
    write=_write,
    keys=frozenset({"prompt", "chosen", "rejected"}),
)
TRL_UNPAIRED = Format(
    name="trl_unpaired",
    title="unpaired preference (TRL KTO)",
    shape="chat",
    technique="dpo",
    signature='"prompt", "completion" and a true or false "label"',
    fits=_fits_unpaired,
    read=_read_unpaired,
    write=None,
)
TRL_PROMPT_ONLY = Format(
    name="trl_prompt_only",
    title="prompts only (TRL GRPO)",
    shape="prompt",
    technique="rft",
    signature='"prompt" and no completion',
    fits=_fits_prompt,
    read=_read_prompt,
    write=_write_prompt,
)
