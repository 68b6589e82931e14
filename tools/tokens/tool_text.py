"""Tool definitions by the rule published for gpt-4o (ds-chat-overhead, section 7 of the page), in two parts.

Some texts are counted; all else has a fixed number of tokens.
"""

from typing import Any

DEFINITIONS_END, DEFINITION = 12, 7
_PARAMETERS, _PROPERTY, _ENUM, _ENUM_ITEM = 3, 3, -3, 3
FIXED = DEFINITIONS_END, DEFINITION, _PARAMETERS, _PROPERTY, _ENUM, _ENUM_ITEM
"""In the order of `Costs`."""


def definitions_text(tools: Any) -> tuple[list[str], int]:
    """All definitions of an example: (texts to be counted, tokens of all else)."""
    texts: list[str] = []
    if not isinstance(tools, list) or not tools:
        return texts, 0
    fixed = DEFINITIONS_END
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict):
            continue
        more, tokens = parameters_text(function.get("parameters"))
        texts += [named(function.get("name"), function.get("description")), *more]
        fixed += DEFINITION + tokens
    return texts, fixed


def parameters_text(parameters: Any) -> tuple[list[str], int]:
    """The same for the parameters of one definition."""
    texts: list[str] = []
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    if not isinstance(properties, dict) or not properties:
        return texts, 0
    fixed = _PARAMETERS
    for key, given in properties.items():
        field = given if isinstance(given, dict) else {}
        texts.append(named(f"{key}:{field.get('type')}", field.get("description")))
        fixed += _PROPERTY
        values = field.get("enum")
        if isinstance(values, list):
            texts.extend(map(str, values))
            fixed += _ENUM + _ENUM_ITEM * len(values)
    return texts, fixed


def named(name: Any, description: Any) -> str:
    """A name and what is said of it."""
    return f"{name}:{str(description or '').rstrip('.')}"
