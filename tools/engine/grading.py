"""Graders as the wire writes them: what turns an answer into the reward of reinforcement, from 0 to 1.

They are the graders of the evaluations, so that what was rewarded can be measured by the same. A model that grades is
refused: there is none on this computer worth trusting.
"""

import json
import math
import time
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tools.engine.wire import WireError
from tools.errors import InputError
from tools.evals.graders.arithmetic import calculate
from tools.evals.graders.openai_json import Multi, Reward
from tools.evals.graders.openai_parts import Part

GRADER_ERRORS = (
    *("formula_parse_error", "invalid_variable_error", "model_grader_parse_error", "model_grader_refusal_error"),
    *("model_grader_server_error", "other_error", "python_grader_runtime_error", "python_grader_server_error"),
    *("sample_parse_error", "truncated_observation_error", "unresponsive_reward_error"),
)
ASKING = ("score_model", "label_model")
_ADAPTER: TypeAdapter[Part] = TypeAdapter(Reward)


def parse(given: dict[str, Any] | None) -> Part:
    """The grader a request names.

    Raises:
        WireError: 400, naming the setting.
    """
    if asking := _asking(given):
        raise _invalid(f"grader: a {asking} asks a model, and none that is worth trusting grades here", "grader")
    try:
        grader = _ADAPTER.validate_python(given)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        where = ".".join(["grader", *(str(part) for part in first["loc"][1:])])
        raise _invalid(f"{where}: {first['msg']}", where) from None
    _known(grader, given or {}, "grader")
    return grader


def _asking(given: Any) -> str:
    """The type of the first grader that asks a model; empty when none does."""
    if not isinstance(given, dict):
        return ""
    if given.get("type") in ASKING:
        return str(given["type"])
    parts = given.get("graders")
    return next(filter(None, map(_asking, parts.values())), "") if isinstance(parts, dict) else ""


def _known(grader: Part, given: dict[str, Any], where: str) -> None:
    """Refuse settings that the grader does not have: a misspelt one would be passed over."""
    unknown = sorted(set(given) - set(type(grader).model_fields))
    if unknown:
        raise _invalid(f"{where}.{unknown[0]}: the {given['type']} grader has no such setting", f"{where}.{unknown[0]}")
    for name, part in grader.graders.items() if isinstance(grader, Multi) else ():
        _known(part, given["graders"][name], f"{where}.graders.{name}")


def _invalid(message: str, where: str) -> WireError:
    return WireError(400, f"{message.rstrip('.')}.", code="invalid_grader", param=where)


def reward(grader: Part, text: str, item: dict[str, Any]) -> float:
    """The grader's score of one answer, between 0 and 1; 0 where a field it refers to is missing.

    Raises:
        WireError: 400, code that fails or a schema that cannot be applied.
    """
    try:
        output = json.loads(text)
    except (ValueError, RecursionError):
        output = None
    said = [{"message": {"role": "assistant", "content": text}}]
    places = {"item": item, "sample": {"output_text": text, "output_json": output, "choices": said}}
    try:
        found = _score(grader, places)
    except InputError as e:
        raise _invalid(f"{e.what[:1].upper()}{e.what[1:]}", e.where) from None
    return min(1.0, max(0.0, found)) if found is not None and math.isfinite(found) else 0.0


def _score(grader: Part, places: dict[str, Any]) -> float | None:
    """As in the evaluations, but for a part that cannot be graded: it counts 0, so that the others still teach."""
    if not isinstance(grader, Multi):
        return grader.score(places, None)
    return calculate(grader.calculate_output, {n: g.score(places, None) or 0.0 for n, g in grader.graders.items()})


def tried(grader: Part, text: str, item: dict[str, Any]) -> dict[str, Any]:
    """One try on the wire's form; a grader that is code has its error told instead of raised."""
    began, scores, details = time.monotonic(), {}, None
    try:
        score = reward(grader, text, item)
        if isinstance(grader, Multi):
            scores = {name: reward(one, text, item) for name, one in grader.graders.items()}
    except WireError as e:
        score, details = 0.0, e.message
    finally:
        grader.close()
    errors = dict.fromkeys(GRADER_ERRORS, False) | {"python_grader_runtime_error": details is not None}
    name = grader.name or "grader"
    return {
        "reward": score,
        "sub_rewards": scores,
        "model_grader_token_usage_per_model": {},
        "metadata": {
            "name": name,
            "type": grader.type,
            "scores": scores or {name: score},
            "execution_time": round(time.monotonic() - began, 4),
            "token_usage": None,
            "sampled_model_name": None,
            "errors": errors | {"python_grader_runtime_error_details": details},
        },
    }
