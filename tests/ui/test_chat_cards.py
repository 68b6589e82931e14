"""Typed results become blocks: what is known is said with n and interval, what is not is said as unknown."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ask import next_question
from agent.case import Contradiction, Noted
from agent.decide import decide
from agent.events import Understood
from agent.facts import Facts, parse_facts
from agent.say import fact_label, verdict_sentence
from knowledge.sources import sources
from knowledge.thresholds import threshold
from knowledge.tour import tour
from tools.dataset import HistogramBin, LabelNext, LintReport, LintRequest, Stats, TokenStats, lint
from tools.errors import InputError
from tools.evals.compare import Comparison
from tools.evals.statistics import Interval
from tools.jobs import PROMISE
from tools.jobs.models import Plan, PlanRequest
from tools.jobs.plan import propose
from ui.chat.cards.blocks import Buttons, Card, Details, Entries, ItemList
from ui.chat.cards.comparison import comparison_card
from ui.chat.cards.findings import findings_card, fix_card, label_next_blocks
from ui.chat.cards.plan import money, needs_word, plan_card
from ui.chat.cards.question import question_card
from ui.chat.cards.recommendation import recommendation_card
from ui.chat.cards.score import against_target, interval, score
from ui.chat.cards.understood import understood_blocks
from ui.chat.journey import training
from ui.chat.words import LANGUAGES, words

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<img src=x onerror=alert(1)> [click](http://evil.example/?q=1) ![x](http://evil.example/p.png) <script>1</script>"
)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every block, item and button of a card, as the browser gets them."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def links(card: Card) -> set[str]:
    return {part["href"] for part in walk(card.props()) if part.get("href")}


def texts(card: Card) -> str:
    return json.dumps(card.props(), ensure_ascii=False)


def buttons(card: Card) -> dict[str, dict[str, Any]]:
    return {part["label"]: part for part in walk(card.props()) if "action" in part and "label" in part}


@pytest.fixture
def hostile_file(tmp_path: Path) -> Path:
    rows = [
        {"messages": [{"role": "user", "content": f"{HOSTILE} {i}"}, {"role": "assistant", "content": HOSTILE}]}
        for i in range(12)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    return path


def test_the_drawing_component_never_makes_html_of_text() -> None:
    drawn = (ROOT / "ui" / "chat" / "root" / "public" / "elements" / "Card.jsx").read_text()
    assert "dangerouslySetInnerHTML" not in drawn
    assert "innerHTML" not in drawn
    assert drawn.count("href={") == 1, "the one place a link is drawn: a source's"


def test_what_a_file_says_is_text_and_no_link(hostile_file: Path) -> None:
    report = lint(LintRequest(path=hostile_file, name=f"{HOSTILE}.jsonl"))
    card = findings_card(report, "d1", path=str(hostile_file), actions=[])
    assert links(card) == set()
    assert "1 error: stops a job" in texts(card)
    assert "line 13" in texts(card)


def test_a_clean_file_says_what_was_checked(tmp_path: Path) -> None:
    rows = (ROOT / "examples" / "zava" / "tickets.jsonl").read_text().splitlines()[:60]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(rows) + "\n")
    card = findings_card(lint(LintRequest(path=path)), "d1", path=str(path), actions=[])
    assert "What was checked" in texts(card)
    bars = next(part for part in walk(card.props()) if part.get("kind") == "bars")
    assert "p95" in bars["alt"], "the histogram is said in words too"
    assert (bars["limit_share"], bars["limit_label"]) == (1.0, "limit 65,536 →")
    assert sum(b["value"] for b in bars["bars"]) == 60


def test_each_repair_that_changes_the_data_has_its_own_button(tmp_path: Path) -> None:
    def row(question: str, answer: str) -> str:
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return json.dumps({"messages": turns})

    lines = [row(f"Where is order {i * 7}?", "delivery" if i % 2 else "billing") for i in range(60)]
    lines += [
        row("Write to ann@shop.example.net", "Delivery"),
        lines[3],
        "",
        *(row(f"Odd {i}", "Billing ") for i in "ab"),
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n")
    card = findings_card(lint(LintRequest(path=path)), "d1", path=str(path), actions=[])
    offered = {label: part["payload"]["offers"] for label, part in buttons(card).items() if part["action"] == "fix"}
    assert offered == {
        "Fix what is safe": [],
        "Fix and mask keys and personal data": ["mask"],
        "Fix and drop word-for-word repeats": ["drop-duplicates"],
        "Fix and write each answer in one spelling": ["repair-labels"],
        "Fix all of these": ["mask", "drop-duplicates", "repair-labels"],
    }
    fixed = lint(LintRequest(path=path, fix_to=tmp_path / "new.jsonl", offers=frozenset({"mask"})))
    assert fixed.fix is not None
    shown = texts(fix_card(fixed, fixed.fix, "new.jsonl"))
    assert "Blank line (FT008)" in shown
    assert str(tmp_path / "new.jsonl") in shown, "where the copy lies"
    assert "Leere Zeile (FT008)" in texts(fix_card(fixed, fixed.fix, "new.jsonl", "de"))
    assert all(part["again"] for part in buttons(card).values() if part["action"] == "fix"), "the original stays usable"
    assert "mask keys and personal data" in shown
    assert "ann@shop" not in shown


def test_what_to_label_next_is_said_in_the_language_of_the_card() -> None:
    thin = LabelNext(kind="length", name="over 64 tokens", examples=1, more=19, why="it is rare")
    (said,) = label_next_blocks([thin], words("de"))
    assert "19 mehr mit der Länge „über 64 Tokens“ (jetzt 1)." in said.model_dump_json()


@pytest.mark.parametrize(("limit", "share"), [(64, 0.75), (128, 1.0), (16, 0.25)])
def test_the_limit_is_drawn_where_it_stands(limit: int, share: float) -> None:
    bins = [HistogramBin(low=0, high=32, examples=1), HistogramBin(low=32, high=96, examples=1)]
    stats = TokenStats(
        total=9, trained_per_epoch=9, p50=3, p95=3, max=90, tokenizer="t", exact=True, limit_per_example=limit,
        histogram=bins,
    )  # fmt: skip
    report = LintReport(
        file="a", format="f", technique=None, examples=1, findings=[], ok=True, stats=Stats(tokens=stats)
    )
    bars = next(p for p in walk(findings_card(report, "d1", path="a", actions=[]).props()) if p.get("kind") == "bars")
    assert bars["limit_share"] == share


@pytest.mark.parametrize(
    "facts",
    [
        {"gaps": ["tone_style"], "prompt_effort": "single_prompt"},
        {"gaps": ["knowledge"], "documents": True, "knowledge_change": "weekly", "prompt_effort": "iterated"},
        {"task_type": "classification", "gaps": ["accuracy"], "prompt_effort": "systematic", "examples": 500,
         "evals_defined": True, "baseline_score": 0.6, "target_score": 0.9},
    ],
)  # fmt: skip
def test_a_recommendation_says_the_verdict_first_and_links_to_our_sources_only(facts: dict[str, Any]) -> None:
    known = parse_facts(facts)
    found = decide(known)
    card = recommendation_card(known, found, verdict_sentence(found))
    first = card.props()["blocks"][0]
    assert first["kind"] == "verdict"
    assert first["sentence"] == verdict_sentence(found)
    assert first["confidence"] in ("high", "medium", "low")
    assert links(card) <= {s.url for s in sources().values() if s.url}
    ladder = next(part for part in walk(card.props()) if part.get("kind") == "ladder")
    assert len(ladder["steps"]) == 6
    for fact in facts:
        if fact in ("gaps", "prompt_effort", "documents"):
            assert any(b["payload"].get("fact") == fact for b in buttons(card).values()), "every answer can be changed"


def test_a_question_has_its_reason_a_way_back_and_a_way_around() -> None:
    question = next_question(parse_facts({"gaps": ["tone_style"]}))
    assert question is not None
    card = question_card(question, can_go_back=True)
    assert {"Why do you ask?", "Back"} <= set(buttons(card))
    options = next(part for part in walk(card.props()) if part.get("kind") == "options")
    assert options["unknown_label"] == "I don't know"
    assert "Back" not in buttons(question_card(question, can_go_back=False))
    assert "Question 2, of 9 at most" in texts(question_card(question, can_go_back=False, asked=2))
    assert "Question 10" not in texts(question_card(question, can_go_back=False, asked=10)), "no limit that is passed"


def test_a_contradiction_quotes_both_sides() -> None:
    older, newer = Noted(value=50.0, quote="about 50 a day"), Noted(value=5000.0, quote="5k a day")
    event = Understood({"requests_per_day": newer}, (Contradiction(fact="requests_per_day", older=older, newer=newer),))
    said = json.dumps([b.model_dump() for b in understood_blocks(event)], ensure_ascii=False)
    assert "about 50 a day" in said
    assert "5k a day" in said


@pytest.mark.parametrize(("usd", "said"), [(None, "unknown"), (Decimal(0), "$0.00"), (Decimal("1234.5"), "$1,234.50")])
def test_money_that_is_not_known_is_never_nothing(usd: Decimal | None, said: str) -> None:
    assert money(usd) == said


@pytest.fixture
def plan() -> Plan:
    return propose(PlanRequest(training_file=ROOT / "examples" / "zava" / "tickets.jsonl"))


def test_the_plan_names_the_exact_job_and_the_button_names_act_and_sum(plan: Plan) -> None:
    card = plan_card(plan)
    assert plan.envelope.training.sha256[:12] in texts(card)
    assert "Counts for 24 hours and for exactly this plan" in card.model_dump_json()
    approve = buttons(card)["Approve and train on this computer ($0.00)"]
    assert approve["payload"] == {"plan_id": plan.id, "digest": plan.plan_digest}
    assert not approve["again"], "one click"
    assert PROMISE in {part.get("text") for part in walk(card.props())}


def test_a_plan_that_costs_names_the_most_it_may_cost(plan: Plan) -> None:
    dear = plan.model_copy(update={"envelope": plan.envelope.model_copy(update={"worst_case_usd": Decimal("6.00")})})
    assert "Approve and spend up to $6.00" in buttons(plan_card(dear))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_large_sum_needs_a_typed_word_and_a_small_one_a_click(plan: Plan, language: str) -> None:
    w = words(language)
    limit = Decimal(str(threshold("jobs.typed_above_usd")))
    for sum_, typed in ((limit, False), (limit + Decimal("0.01"), True)):
        dear = plan.model_copy(update={"envelope": plan.envelope.model_copy(update={"worst_case_usd": sum_})})
        card = plan_card(dear, language=language)
        forms = [b for b in card.blocks if isinstance(b, Entries)]
        names = buttons(card)
        assert bool(forms) is typed is needs_word(dear)
        assert (w("plan.approve", sum=w.money(sum_)) in names) is not typed
        for form in forms:
            assert form.once
            assert form.button == w("plan.approve", sum=w.money(sum_)), "the button names act and sum all the same"
            assert w("plan.word") in form.items[0].label


@pytest.mark.parametrize("word", ["", "yes", "spend!"])
async def test_the_server_asks_for_the_word_too(plan: Plan, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dear = plan.model_copy(update={"envelope": plan.envelope.model_copy(update={"worst_case_usd": Decimal(99)})})
    monkeypatch.setattr(training, "get_plan", lambda *_: dear)
    monkeypatch.setattr(training, "approve_plan", lambda *_, **__: pytest.fail("approved without the word"))
    talk: Any = SimpleNamespace(owner="ada", words=words("en"))
    with pytest.raises(InputError, match="spend"):
        await training.approve(talk, dear.id, dear.plan_digest, None, word)


def compared(**changes: Any) -> Comparison:
    fields: dict[str, Any] = {
        "n": 60, "baseline": 0.4, "candidate": 0.9, "difference": 0.5, "ci_low": 0.35, "ci_high": 0.63,
        "interval_method": "score interval", "p_value": 0.00001, "test": "exact McNemar", "verdict": "improved",
        "reason": "A reason.", "metric": "same label", "baseline_name": "base", "candidate_name": "tuned",
        "baseline_interval": Interval(0.28, 0.53, "wilson"), "candidate_interval": Interval(0.8, 0.95, "wilson"),
        "regressions": [{"id": "1", "category": None, "input": HOSTILE, "target": HOSTILE, "baseline_completion": "a",
                         "candidate_completion": HOSTILE, "baseline_score": 1.0, "candidate_score": 0.0}],
        "regressions_total": 1, "improvements": [], "improvements_total": 31, "slices": [], "only_in_baseline": 0,
        "only_in_candidate": 0, "different_target": 0, "unscored": 0, "sensitivity": None, "warnings": [],
    }  # fmt: skip
    return Comparison.model_construct(**{**fields, **changes}).model_validate({**fields, **changes})


def test_a_comparison_says_both_scores_with_interval_and_n_and_what_got_worse() -> None:
    card = comparison_card(compared(), target=None, actions=[])
    said = texts(card)
    for expected in (
        "0.400",
        "0.280 to 0.530",
        "+50.0 points",
        "+35.0 to +63.0",
        "60 held-out rows",
        "What got worse (1)",
    ):
        assert expected in said
    assert links(card) == set()


def test_no_difference_is_said_as_such_and_what_is_not_known_is_said() -> None:
    nothing = {"ci_low": None, "ci_high": None, "difference": None, "p_value": None}
    card = comparison_card(compared(verdict="insufficient_evidence", **nothing), target=None, actions=[])
    assert "There are too few rows to say anything." in texts(card)
    assert "unknown" in texts(card)
    same = comparison_card(compared(verdict="no_significant_difference"), target=None, actions=[])
    assert "No difference can be shown" in texts(same)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.91, 0.97, "above it with its whole interval"),
        (0.7, 0.85, "below it"),
        (0.85, 0.95, "cannot settle it"),
        (None, None, "unknown"),
    ],
)
def test_a_target_is_met_only_by_the_whole_interval(low: float | None, high: float | None, words: str) -> None:
    value = None if low is None or high is None else (low + high) / 2
    assert words in against_target("the tuned model", value, low, high, 0.9)
    said = texts(comparison_card(compared(candidate_interval=Interval(low, high, "wilson")), target=0.9, actions=[]))
    assert "Your target is 0.9" in said


@given(st.one_of(st.none(), st.floats(0, 1)), st.one_of(st.none(), st.floats(0, 1)))
def test_unknown_is_never_a_number(low: float | None, high: float | None) -> None:
    assert (score(low) == "unknown") == (low is None)
    assert (interval(low, high) == "unknown") == (low is None or high is None)


def test_nothing_on_screen_shouts() -> None:
    """No exclamation marks in what the chat says of itself."""
    for path in (ROOT / "ui" / "chat").rglob("*.py"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("#")[0]
            assert '!"' not in code.replace('!="', ""), f"{path.name}:{number}"


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_recommendation_names_rule_version_and_digest_and_the_day_each_source_was_read(language: str) -> None:
    facts = Facts(gaps=["accuracy"], task_type="classification", prompt_effort="none", examples=3000)
    first, again = (recommendation_card(facts, decide(facts), "x", language=language).model_dump_json() for _ in "12")
    assert first == again
    assert re.search(r" \u00b7 Finetune Advisor \d+\.\d+\.\d+ \u00b7 [0-9a-f]{12}", first)
    assert re.search(r"\((?:checked|geprüft am) \S+ ?\S* ?\d{4}\)|\(checked \d{4}-\d\d-\d\d\)", first)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_does_not_know_stands_with_how_far_it_could_go(language: str) -> None:
    facts = parse_facts({"gaps": ["tone_style"], "examples": 3000})
    found = decide(facts, declined=frozenset({"prompt_effort"}))
    card = recommendation_card(facts, found, "x", language=language)
    w = words(language)
    (listed,) = [b for b in card.blocks if isinstance(b, ItemList) and b.title == w("recommendation.unsaid")]
    (item,) = listed.items
    assert item.text.count(" · ") >= 1, "a range of ends, never one guess"
    assert w.decision(found.decision or "", found.technique) in item.text


def test_answers_can_be_checked_before_there_is_a_verdict() -> None:
    known = parse_facts({"gaps": ["tone_style"], "examples": 3000}).known()
    asked = next_question(parse_facts({"gaps": ["tone_style"], "examples": 3000}))
    assert asked is not None
    card = question_card(asked, can_go_back=True, known=known)
    (checked,) = [b for b in card.blocks if isinstance(b, Details)]
    assert checked.summary == words("en")("recommendation.answers")
    labels = [b.label for block in checked.blocks if isinstance(block, Buttons) for b in block.items]
    assert "labelled examples: 3,000" in labels


def test_what_was_refused_is_named_as_open() -> None:
    facts = Facts(gaps=["accuracy"], task_type="classification", examples=3000)
    refused = decide(facts, frozenset({"prompt_effort"}))
    assert refused.declined
    assert fact_label("prompt_effort") in texts(recommendation_card(facts, refused, "x"))


@pytest.mark.parametrize("language", [x for x in LANGUAGES if x != "en"])
def test_who_reads_another_language_is_told_before_following_what_is_in_english(language: str) -> None:
    note = words(language)("cited", title="").strip(" ()（）")
    assert note
    assert note in tour(language).more
    facts = parse_facts({"gaps": ["tone_style"], "prompt_effort": "none"})
    card = recommendation_card(facts, decide(facts), "x", language=language)
    cited = [i.source for b in card.blocks if isinstance(b, ItemList) for i in b.items if i.source]
    assert cited
    assert all(note in source for source in cited)
    assert words("en")("cited", title="A title") == "A title"
