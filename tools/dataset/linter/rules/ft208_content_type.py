"""FT208: content that is neither text nor parts."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.words import kind

PARTS = {"text", "image_url", "refusal"}
ELSEWHERE = {
    "input_text": "is of the Responses API; training files have text",
    "output_text": "is of the Responses API; training files have text",
    "input_image": "is of the Responses API; training files have image_url",
    "image": "is that of other libraries; training files have image_url",
    "input_audio": "is for audio, which is not trained on",
    "file": "is for files, which are not trained on",
}


def check(example: Example, context: Context) -> Iterator[Found]:
    """A number, an object, or a list with something else than parts in it."""
    for turn in example.all_turns:
        content = turn.raw.get("content")
        place = f"{turn.place}.content"
        if content is None or isinstance(content, str):
            continue
        if not isinstance(content, list):
            yield Found(
                f"the content is {kind(content)}; it must be a text or a list of parts", place, str(content)[:120]
            )
            continue
        for index, part in enumerate(content):
            if not isinstance(part, dict) or "type" not in part:
                yield Found("a content part is not an object with a type", f"{place}[{index}]", str(part)[:120])
            elif part["type"] == "text" and not isinstance(part.get("text"), str):
                yield Found("a text part has no text", f"{place}[{index}]")
            elif part["type"] not in PARTS if isinstance(part["type"], str) else True:
                why = ELSEWHERE.get(str(part["type"]), "is not known")
                yield Found(f'the part type "{str(part["type"])[:40]}" {why}', f"{place}[{index}]", severity="warning")


RULE = Rule("FT208", "error", "example", check)
