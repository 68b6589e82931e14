"""Words for what the rules found: templates from agent/words/, filled with facts. Nothing is concluded here."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from agent.ask import Question, QuestionOption
from agent.case import Contradiction, Noted
from agent.conditions import Test
from agent.extract.words import read_yaml
from agent.recommend import Recommendation
from agent.situation import Situation, compiled
from knowledge.glossary import glossary, terms_in
from knowledge.rules import questions as records
from knowledge.search import Passage
from knowledge.sources import sources

ROOT = Path(__file__).parent / "words"
EFFORT = ("none", "single_prompt", "few_shot", "iterated", "systematic")


def more_effort(old: str, new: str) -> bool:
    """Whether the prompt has come further since: progress, not a contradiction."""
    return EFFORT.index(new) > EFFORT.index(old)


@cache
def book(language: str) -> dict[str, Any]:
    """The templates of a language; what it lacks is taken from English."""
    english: dict[str, Any] = read_yaml(ROOT / "en.yaml")
    path = ROOT / f"{language}.yaml"
    if language == "en" or not path.exists():
        return english
    own = read_yaml(path)
    merged = {**english, **own}
    for key in ("verdicts", "plain", "facts", "values", "confidence"):
        merged[key] = {**english[key], **own.get(key, {})}
    return merged


def fact_label(fact: str, language: str = "en") -> str:
    """A fact's name as a person reads it."""
    return str(book(language)["facts"].get(fact, fact.replace("_", " ")))


def number(value: float, language: str = "en") -> str:
    """A count or an amount as the language writes it: whole, or with two places when it is small and broken."""
    if language == "en":
        return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 10 else f"{value:,.2f}"
    from tools.report.forms import Forms

    return Forms(language).number(value if abs(value) < 10 else round(value))


def _share(value: float, language: str) -> str:
    """A share in percent, with one place where it needs one."""
    if language == "en":
        return f"{100 * value:.1f}".rstrip("0").rstrip(".") + " %"
    from tools.report.forms import Forms

    return f"{Forms(language).number(round(100 * value, 1))} %"


def value_label(fact: str, value: Any, language: str = "en") -> str:
    """A fact's value as a person reads it."""
    w = book(language)
    if value is None:
        return str(w["unknown"])
    if isinstance(value, bool):
        return str(w["yes"] if value else w["no"])
    if isinstance(value, list | tuple):
        return ", ".join(value_label(fact, v, language) for v in value)
    if isinstance(value, float) and fact.endswith("_score"):
        return _share(value, language)
    if isinstance(value, int | float):
        return number(value, language)
    return str(w["values"].get(value, str(value).replace("_", " ")))


def noted(facts: Mapping[str, Noted], language: str = "en") -> str:
    """Facts on one line: label: value."""
    hidden = {"modality"} if len(facts) > 1 else set()
    return " · ".join(
        f"{fact_label(f, language)}: {value_label(f, n.value, language)}" for f, n in facts.items() if f not in hidden
    )


def quoted(facts: Mapping[str, Noted], language: str = "en") -> str:
    """Facts on one line, each with the words it rests on."""
    return " · ".join(f"{noted({f: n}, language)} (“{n.quote}”)" for f, n in facts.items())


def acknowledgement(facts: Mapping[str, Noted], language: str = "en") -> str:
    """What was understood, in a line; empty when nothing was."""
    return str(book(language)["understood"]).format(facts=noted(facts, language)) if facts else ""


def contradiction_text(c: Contradiction, language: str = "en") -> str:
    """Both sayings, side by side."""
    text: str = book(language)["contradiction"]
    return text.format(
        fact=fact_label(c.fact, language),
        older=c.older.quote or value_label(c.fact, c.older.value, language),
        newer=c.newer.quote or value_label(c.fact, c.newer.value, language),
        older_value=value_label(c.fact, c.older.value, language),
        newer_value=value_label(c.fact, c.newer.value, language),
    )


def verdict_sentence(recommendation: Recommendation, language: str = "en") -> str:
    """The recommendation in one sentence; empty when there is none yet."""
    if recommendation.status == "out_of_scope":
        return str(book(language)["out_of_scope"])
    return _of("verdicts", recommendation, language)


def explanation(recommendation: Recommendation, facts: Mapping[str, Any], said: str = "", language: str = "en") -> str:
    """The plain-word explanation under the verdict, with what these facts call for.

    Args:
        recommendation: what was concluded.
        facts: known facts by name.
        said: what the person wrote so far, for notes that a topic calls for.
        language: of the answer.
    """
    w = book(language)
    parts = [_of("plain", recommendation, language)]
    situation = Situation(facts)
    situation.concluded(
        decision=recommendation.decision, technique=recommendation.technique, adapter=recommendation.adapter
    )
    shown = {f: value_label(f, v, language) for f, v in facts.items()}
    for test, text in _extras(language):
        if test(situation):
            parts.append(re.sub(r"\{([a-z_]+)\}", lambda m: shown.get(m[1], m[0]), text))
    parts += [t["text"] for t in w.get("topics", ()) if re.search(t["match"], said.lower())]
    return " ".join(p for p in parts if p)


@cache
def _extras(language: str) -> tuple[tuple[Test, str], ...]:
    return tuple((compiled(e["when"], f"words/{language}.yaml"), e["text"]) for e in book(language)["extras"])


def _of(section: str, r: Recommendation, language: str) -> str:
    """A rule may have words of its own, else the decision with its technique, else the decision."""
    entries = book(language)[section]
    return str(entries.get(r.rule) or entries.get(f"{r.decision}/{r.technique}") or entries.get(r.decision or "", ""))


def reasons(recommendation: Recommendation, limit: int = 3) -> list[str]:
    """Why, each with the title of its source."""
    return [f"{b.text} [{b.source.split(' (http')[0]}]" for b in recommendation.because[:limit]]


def flip_texts(recommendation: Recommendation, language: str = "en", limit: int = 3) -> list[str]:
    """What would change it, in words."""
    result = []
    for flip in recommendation.flips[:limit]:
        condition = ", ".join(f"{fact_label(f, language)}: {value_label(f, v, language)}" for f, v in flip.if_.items())
        stand_in = recommendation.model_copy(
            update={"decision": flip.then.decision, "technique": flip.then.technique, "status": "recommend", "rule": ""}
        )
        outcome = verdict_sentence(stand_in, language)
        result.append(book(language)["flip"].format(condition=condition, outcome=outcome[:1].lower() + outcome[1:]))
    return result


def translated(question: Question, language: str) -> Question:
    """The question in the person's language where we have it."""
    w = book(language)
    words = w.get("questions", {}).get(question.fact)
    if not words:
        return question
    labels, record = words.get("options", {}), records()[question.fact]
    together = {j.label: w["together"][question.fact][j.id] for j in record.together}
    groups = {g.label: w["groups"][question.fact][g.id] for g in record.groups}

    def label(o: QuestionOption) -> str:
        return str(together.get(o.label) or labels.get(_key(o.value), _own_label(o, question.fact, language)))

    return question.model_copy(
        update={
            "question": words["question"],
            "why": words.get("why", question.why),
            "free": w["free"][question.fact] if question.free else None,
            "options": tuple(o.model_copy(update={"label": label(o)}) for o in question.options),
            "groups": tuple(g.model_copy(update={"label": groups[g.label]}) for g in question.groups),
        }
    )


def _key(value: Any) -> str:
    first = value[0] if isinstance(value, list | tuple) and value else value
    return {True: "yes", False: "no"}.get(first, str(first)) if isinstance(first, bool) else str(first)


def _own_label(option: QuestionOption, fact: str, language: str) -> str:
    label = value_label(fact, option.value, language)
    own = book(language)["values"] is not book("en")["values"]
    return label if own and label != value_label(fact, option.value, "en") else option.label


def meanings(text: str, language: str) -> list[str]:
    """What the field's words in a text mean, in the person's language: the knowledge pages themselves are English."""
    if language == "en":
        return []
    terms = glossary(language)
    found = [terms[key] for _, _, key in terms_in(text, language)[:2]]
    return [book(language)["meaning"].format(word=t.word, meaning=t.meaning) for t in found]


def passage_text(passage: Passage, language: str = "en", limit: int = 600) -> str:
    """The passage's first sentences, with its source."""
    text = re.sub(r"[*_`#]|\[(?:\^?\w[\w-]*)\]", "", passage.text.split("\n\n")[0]).replace("\n", " ").strip()
    if len(text) > limit:
        text = text[: text.rfind(". ", 0, limit) + 1] or text[:limit]
    known = sources()
    cited = ", ".join(known[s].title for s in passage.sources[:2] if s in known)
    return f"{text} ({book(language)['sources'].format(sources=cited).rstrip('.')})" if cited else text


def bullets(title: str, lines: Iterable[str]) -> str:
    """A titled list; empty when there is nothing in it."""
    items = [f"- {line}" for line in lines]
    return "\n".join([title, *items]) if items else ""
