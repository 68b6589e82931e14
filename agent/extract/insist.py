"""Whether a person says that they must train, whatever is advised: their decision, to be noted and not argued away."""

import re
from functools import cache

from agent.extract.text import Text
from agent.extract.words import ROOT, read_yaml, words


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], ...], re.Pattern[str]]:
    own = read_yaml(ROOT / "insist.yaml")[language]
    return tuple(re.compile(p.replace("{tune}", own["tune"])) for p in own["find"]), re.compile(own["unless"])


def insistence(message: str, language: str = "en") -> str:
    """The person's own words for it; empty when they do not insist.

    A question ("must we fine-tune?"), a report ("my boss says we must"), a quotation, a supposition or a negation is no
    insistence.

    Args:
        message: what the person wrote; only the first 8,000 characters are read.
        language: of the message; English is tried beside any other.
    """
    for lang in dict.fromkeys((language, "en")):
        text = Text(message, words(lang))
        find, unless = _patterns(lang)
        for sentence in text.sentences:
            if sentence.order or sentence.definition or unless.search(text.masked, sentence.start, sentence.end):
                continue
            for m in (m for p in find for m in p.finditer(text.masked, sentence.start, sentence.end)):
                clause = text.clause_at(m.start())
                told = clause.asked or clause.reported or text.in_quotes(m.start())
                if not told and not text.negated(m.start(), m.end()):
                    return text.quote(*m.span())
    return ""
