"""FT806: one label in two spellings."""

from collections import defaultdict
from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Labels that differ only in case, spacing or a mark at the end."""
    labels = whole.survey.label_table()
    if not labels:
        return
    same: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        same["".join(c for c in label.casefold() if c.isalnum())].append(label)
    for key, spellings in same.items():
        if len(spellings) < 2 or not key:
            continue
        spellings.sort(key=lambda s: -labels[s])
        most, *rest = spellings
        for label in rest:
            yield Found(
                f'the label "{label}" ({labels[label]}) is another spelling of "{most}" ({labels[most]}); '
                "the model would learn two classes",
                line=whole.survey.label_lines.get(label),
                excerpt=label,
                offer="repair-labels",
            )


RULE = Rule("FT806", "warning", "dataset", check, shapes=(CHAT,))
