"""FT811: an answer in another script than its question."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Rare in a set whose other answers keep the question's script; where it is common, it is the task."""
    deep = whole.survey.deep
    if deep is None or whole.survey.with_tools > len(whole.survey) // 2:
        return
    known = {pair: n for pair, n in deep.scripts.items() if "" not in pair and "mixed" not in pair}
    other = {pair: n for pair, n in known.items() if pair[0] != pair[1]}
    if not other or sum(other.values()) > 0.03 * sum(known.values()):
        return
    for asked, answered in sorted(other):
        for line in deep.script_lines[asked, answered]:
            yield Found(
                f"the question is in {asked.title()} letters and the answer in {answered.title()}, unlike the others",
                line=line,
            )


RULE = Rule("FT811", "info", "dataset", check, shapes=(CHAT,))
