"""FT405: images that were not looked at."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """An address elsewhere: nothing is fetched, so size, format and reachability are unchecked."""
    for turn in example.all_turns:
        for index, part in enumerate(turn.parts):
            given = part.get("image_url")
            url = given.get("url") if isinstance(given, dict) else given
            if isinstance(url, str) and url.startswith(("http:", "https:", "gs:")):
                yield Found(
                    "an image stands at an address elsewhere; it was not fetched, so its size, format and whether it "
                    "can be reached are unchecked",
                    f"{turn.place}.content[{index}]",
                    url,
                )
                return


RULE = Rule("FT405", "info", "example", check)
