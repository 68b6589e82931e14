"""FT304: a call to a tool that is not there."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """The example's `tools` do not hold what an assistant turn calls."""
    tools = example.tools if example.tools is not None else []
    old = example.value.get("functions")
    defined = {
        str(f.get("name"))
        for t in [*(tools if isinstance(tools, list) else []), *(old if isinstance(old, list) else [])]
        if isinstance(t, dict) and isinstance(f := t.get("function", t), dict)
    }
    for turn in example.all_turns:
        for call in turn.tool_calls:
            function = call.get("function") if isinstance(call, dict) else None
            name = function.get("name") if isinstance(function, dict) else None
            if isinstance(name, str) and name not in defined:
                what = "and the example defines no tools" if not defined else "which the example's tools do not define"
                yield Found(f'the assistant calls "{name[:60]}", {what}', turn.place)
                return


RULE = Rule("FT304", "warning", "example", check)
