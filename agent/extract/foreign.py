"""A budget in another currency than the rules count in: it is no amount in dollars, and no rate is guessed."""

import re

from agent.extract.find import blocked
from agent.extract.numbers import in_dollars
from agent.extract.rules import compiled_rules
from agent.extract.text import Text
from agent.extract.words import words


def foreign_budget(message: str, language: str = "en", *, asked: bool = False) -> str:
    """The person's own words for a budget that is not in US dollars; empty where there is none.

    Args:
        message: what the person wrote; only the first 8,000 characters are read.
        language: of the message; English is tried beside any other.
        asked: the budget is what was asked for, so that a bare sum is one.
    """
    for lang in dict.fromkeys((language, "en")):
        text = Text(message, words(lang))
        sums = [n for n in text.numbers if n.kind == "money" and not in_dollars(text.low, n.start, n.end)]
        if asked and sums:
            return text.quote(sums[0].start, sums[0].end)
        for compiled in compiled_rules(lang) if sums else ():
            if compiled.rule.fact != "budget_usd" or compiled.rule.scale is None:
                continue
            for m in (m for pattern in compiled.find for m in pattern.finditer(text.masked)):
                found = next((n for n in sums if n.start <= m.start("n") < n.end), None)
                if found and not blocked(compiled, text, m) and not text.negated(m.start(), m.end()):
                    return re.sub(r"\s+", " ", text.quote(found.start, found.end))
    return ""
