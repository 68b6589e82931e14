"""The guided mind's words of a turn, over what the functions brought: templates only."""

from typing import Any

from agent import say as w
from agent.ask import Question
from agent.extract.asides import aside
from agent.extract.scope import greets
from agent.plugins import Desk
from agent.steering import asks_versus
from agent.translated import translated
from knowledge.pages import pages
from knowledge.sources import sources
from tools.workspace import home


def body(
    desk: Desk, *, tells: bool, understood: bool, asked: Question | None, question: Question | None, looked_up: bool
) -> str:
    """The text after the lead: an answer to what was asked in the middle, what tools brought, the explanation.

    Args:
        desk: the turn's results.
        tells: whether the verdict was just given, so that its explanation follows.
        understood: whether anything was taken from the message.
        asked: the question that stood when the message came.
        question: the question that stands now.
        looked_up: whether knowledge was looked up.
    """
    language = desk.case.language
    words = w.book(language)
    parts: list[str] = []
    name = None if understood or tells else aside(desk.said)
    if name and not (name == "cost" and any(tool == "estimate_cost" for tool, _ in desk.results)):
        parts.append(_of_the_adviser(name, desk))
    elif asks_versus(desk.said):
        parts.append(words["different_problems"])
    elif looked_up and desk.passages:
        parts += w.meanings(desk.said, language)
        parts.append(w.passage_text(desk.passages[0], language, limit=320 if tells else 600))
    parts += [text for name, result in desk.results if (text := tool_text(name, result, language))]
    if tells:
        said = " ".join(line.text for line in desk.case.chat if line.role == "user")
        parts.insert(0, w.explanation(desk.recommendation, desk.case.facts_now().known(), said, language))
    elif desk.said and not understood and not parts:
        parts.append(_nothing_understood(desk, asked, question, words))
    if (
        asked is not None
        and question is not None
        and parts
        and asked.fact == question.fact
        and not understood
        and not tells
    ):
        parts.append(words["back_to"])
    return "\n\n".join(p for p in parts if p)


def _of_the_adviser(name: str, desk: Desk) -> str:
    """The words for what is asked of the adviser itself; `name` as `aside` says."""
    recommendation, language = desk.recommendation, desk.case.language
    words = w.book(language)
    told, stands = words["asides"], recommendation.status == "recommend"
    if name in ("verdict", "do_it") and recommendation.decision is None:
        return str(told["nothing_yet"])
    if name == "cost":
        page = pages()["what-it-costs"]
        cited = ", ".join(sources()[key].title for key in page.sources[:2])
        return f"{told['cost']} ({words['sources'].format(sources=cited).rstrip('.')})"
    verdict = w.verdict_sentence(recommendation, language)
    if name == "verdict" or (name == "do_it" and not stands):
        return str(words["unchanged" if stands else "leaning"].format(verdict=verdict))
    steps = translated(recommendation, desk.case.facts_now().known(), language).next_steps
    return str(told[name].format(home=home(), step=steps[0] if steps else verdict))


def _nothing_understood(desk: Desk, asked: Question | None, question: Question | None, words: dict[str, Any]) -> str:
    if greets(desk.said) or not desk.case.facts:
        return str(words["greeting"])
    if asked is not None and asked.free:
        return str(words["not_an_answer"].format(free=asked.free))
    if question is None:
        verdict = w.verdict_sentence(desk.recommendation, desk.case.language)
        return str(words["nothing_new"].format(verdict=verdict))
    return str(words["not_understood"])


def tool_text(name: str, result: dict[str, Any], language: str = "en") -> str:
    """One line for what a function brought; empty where a card or the verdict says it."""
    if name == "lint_dataset":
        by: dict[str, int] = {}
        for f in result["findings"]:
            by[f["severity"]] = by.get(f["severity"], 0) + f["count"]
        counts = ", ".join(f"{n:,} {severity}{'s' if n != 1 else ''}" for severity, n in by.items()) or "no findings"
        first = next((f for f in result["findings"] if f["severity"] == "error"), None)
        tail = (
            f" First: {first['rule']} {first['title']}" + (f", line {first['line']}." if first["line"] else ".")
            if first
            else ""
        )
        return f"{result['file']}: {result['format']}, {result['examples']:,} examples; {counts}.{tail}"
    if name == "count_tokens":
        kind = "exact" if result.get("exact") else "not exact"
        return f"{result['total_tokens']:,} tokens in {result['examples']:,} examples ({result['tokenizer']}, {kind})."
    if name == "estimate_cost":
        total = result.get("training_usd") or {}
        if total.get("expected") is None:
            return "The training cost is unknown for that model; the figures that are known stand on the card."
        return f"Training: ${total['expected']} expected, between ${total['low']} and ${total['high']}."
    if name == "read_jobs":
        return (
            " ".join(f"Job {j['id']}: {j['status']}." for j in result["jobs"])
            or "There is no training job in this case yet."
        )
    if name == "read_evals":
        return (
            " ".join(f"{e['name']}: n = {e['n']}." for e in result["evals"])
            or "There is no evaluation in this case yet."
        )
    return ""
