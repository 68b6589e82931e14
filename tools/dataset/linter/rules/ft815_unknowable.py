"""FT815: an answer that rests on what the example does not hold."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from tools.dataset.example import Example
from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, Found, Rule

PATTERN = (
    r"(?i:\b(?:as (?:we )?(?:discussed|agreed) (?:on the phone|by phone|earlier|yesterday|last week|in our call)"
    r"|(?:as per|per|following) our (?:phone )?(?:call|conversation|meeting)|(?:see|find) (?:the )?attach(?:ed|ment)"
    r"|i(?:'|’)?ve (?:checked|looked (?:at|into)|reviewed) your (?:account|order|ticket|file)"
    r"|according to (?:our|my) (?:internal|system) records))"
)
REFERENCE = (
    r"(?i:\b(?:order|ticket|invoice|tracking|case|booking|confirmation|reference|account|claim)"
    r"(?: (?:number|id|no\.?|code))?(?: is)?:? ?#?[A-Z]{0,4}-?[0-9]{4,})"
)
ATTACHED = (
    r"(?i:\b(?:attached|enclosed) (?:document|file|pdf|report|invoice|image|photo|picture|screenshot|contract"
    r"|spreadsheet|table|letter|e-?mail|form)\b)"
)
_EITHER = f"{PATTERN}|{REFERENCE}"
_NO_DIGITS = bytes({*range(256)} - {*b"0123456789"})


def check(example: Example, context: Context) -> Iterator[Found]:
    """The answer, or the question, points to what nothing in the example holds: a call, an attachment, a number."""
    target = example.target
    if target is None or any(t.role == "tool" for t in example.turns):
        return
    numbers = []
    for found in _all(_EITHER, target.text):
        if re.match(REFERENCE, found[0]):
            numbers.append(found)
            continue
        yield Found(
            "the answer rests on something the example does not hold, so the model would learn to make it up",
            target.place,
            target.text[max(0, found.start() - 20) :],
        )
        return
    asked = "\n".join(t.text for t in example.prompt if t.role == "user")
    if len(asked) < threshold("attached_chars") and not example.has_images:
        attached = next(_all(ATTACHED, asked), None)
        if attached:
            yield Found(
                "the question speaks of something attached that the example does not hold, so nobody could answer it",
                target.place,
                attached[0],
            )
            return
    known = _digits(example.prompt_text()) if numbers else ""
    for found in numbers:
        if _digits(found[0]) not in known:
            yield Found(
                "the answer names a number that the example does not hold, so the model would learn to make one up",
                target.place,
                target.text[max(0, found.start() - 20) :],
            )
            return


def _all(pattern: str, text: str) -> "Iterator[re.Match[str]]":
    """What `re` finds, looked for by a faster engine, whose word boundaries are wider."""
    data, search, match = text.encode("utf-8", "replace"), _fast(pattern), re.compile(pattern).match
    at = char = 0  # the same place in the bytes and in the text
    while found := search(data, at):
        char += len(data[at : found.start()].decode())
        exact = match(text, char)
        step = exact[0] if exact else text[char]
        if exact:
            yield exact
        at = found.start() + len(step.encode("utf-8", "replace"))
        char += len(step)


@cache
def _fast(pattern: str) -> "Callable[[bytes, int], re.Match[bytes] | None]":
    import re2

    options = re2.Options()
    options.never_capture = True
    search: Callable[[bytes, int], re.Match[bytes] | None] = re2.compile(pattern.encode(), options).search
    return search


def _digits(text: str) -> str:
    # Of plain text a table finds them, in a tenth of the time.
    return text.encode().translate(None, _NO_DIGITS).decode() if text.isascii() else "".join(re.findall(r"\d+", text))


RULE = Rule(
    "FT815",
    "warning",
    "example",
    check,
    shapes=(CHAT,),
    triggers=(PATTERN.encode(), REFERENCE.encode(), ATTACHED.encode()),
)
