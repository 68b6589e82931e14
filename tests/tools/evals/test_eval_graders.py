"""Graders as tables: what passes, what does not, and what cannot be said."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import InputError
from tools.evals.graders import NAMES, parse_grader
from tools.evals.graders.propose import propose_grader
from tools.evals.heldout import HeldOutSample

LABELS = {
    "type": "label",
    "labels": ["card_arrival", "card_linking", "cancelled", "pin"],
    "variants": {"cancelled": ["canceled"]},
}
SCHEMA = {
    "type": "json",
    "json_schema": {"type": "object", "required": ["q"], "properties": {"q": {"type": "integer"}}},
}


QUICK = "the quick brown fox jumps over the lazy dog"


@pytest.mark.parametrize(
    ("grader", "completion", "target", "score"),
    [
        ("exact", " Paris\n", "Paris", 1),
        ("exact", "paris", "Paris", 0),
        ("exact", None, "Paris", None),
        ("exact", "Paris", None, None),
        ("exact", "", "Paris", 0),
        ("normalised", "“PARIS”.", "paris", 1),
        ("normalised", "Zürich", "zürich", 1),  # composed and decomposed
        ("normalised", "Paris, France", "Paris", 0),
        ("contains", "It is Paris, of course", "paris", 1),
        ("contains", "Parisian", "paris", 0),
        (LABELS, "Card arrival.", "card_arrival", 1),
        (LABELS, "card-arival", "card_arrival", 1),  # one letter
        (LABELS, "card linkink", "card_arrival", 0),
        (LABELS, "canceled", "cancelled", 1),
        (LABELS, "pan", "pin", 0),  # too short to forgive a letter
        (LABELS, "I think it is card_arrival", "card_arrival", 0),
        ("label", "card-arival", "card_arrival", 0),  # the labels are not known: nothing is forgiven
        ("label", "Card Arrival", "card_arrival", 1),
        ("numeric", "So it is 1,234.50 dollars", "1234.5", 1),
        ("numeric", "2 + 2 = 4", "4", 1),
        ("numeric", "60%", "60", 1),
        ("numeric", "60%", "0.6", 0),
        ("numeric", "-3", "3", 0),
        ("numeric", "a-3", "3", 1),  # a hyphen, not a minus
        ("numeric", "no idea", "3", 0),
        ("numeric", "3", "three", None),
        ("numeric", "48/2 = 24. In all #### 72", "48+24 = 72\n#### 72!!!", 1),
        ({"type": "numeric", "tolerance": 0.5}, "3.4", "3", 1),
        ({"type": "numeric", "tolerance": 0.5}, "3.6", "3", 0),
        ({"type": "numeric", "pick": "only"}, "3 or 4", "4", 0),
        ({"type": "regex", "pattern": "(?i)^yes"}, "Yes, sure", None, 1),
        ({"type": "regex", "pattern": "Answer: (?P<answer>.*)"}, "Answer: B.", "b", 1),
        ({"type": "regex", "pattern": "Answer: (?P<answer>.*)"}, "B", "b", 0),
        ("json", '{"a": 1, "b": "X"}', '{"a": 1.0, "b": "x"}', 1),
        ("json", '```json\n{"a": 1}\n```', '{"a": 1}', 1),
        ("json", '{"a": 1, "b": 3}', '{"a": 1, "b": 2}', 0.5),
        ("json", 'Sure: {"a": 1}', '{"a": 1}', 0),
        ("json", '{"a": true}', '{"a": 1}', 0),  # true is not 1
        ("json", '{"a": {"b": [1, 2]}}', '{"a": {"b": [1, 3]}}', 0.5),
        ("json", '{"a": 1, "extra": 2}', '{"a": 1}', 1),
        ({"type": "json", "exact": True}, '{"a": 1, "extra": 2}', '{"a": 1}', 0.5),
        ({"type": "json", "fields": ["a"]}, '{"a": 1, "b": 9}', '{"a": 1, "b": 2}', 1),
        (SCHEMA, '{"q": "1"}', '{"q": 1}', 0),
        ("json", "[" * 100_000, "{}", 0),
        ("json", "{}", "not json", None),
        ("similarity", "abc", "abc", 1),
        ({"type": "similarity", "measure": "rouge_l"}, "the cat sat", "the cat sat down", 6 / 7),
        ({"type": "similarity", "measure": "rouge_l"}, "", "the cat", 0),
        # rouge-score's own example, and a word of another script, which its own tokenizer would drop
        ({"type": "similarity", "measure": "rouge_1"}, "the quick brown dog jumps on the log", QUICK, 0.7058823529),
        ({"type": "similarity", "measure": "rouge_1"}, "große Straße", "straße", 2 / 3),
        ({"type": "similarity", "measure": "rouge_2"}, "a b c", "a b d", 0.5),
        ({"type": "similarity", "measure": "chrf"}, "abcdef", "abcdef", 1),
        ({"type": "similarity", "measure": "chrf"}, "", "abc", 0),
        ({"type": "similarity", "measure": "bleu"}, "the cat sat on the mat", "the cat sat on the mat", 1),
        ("refusal", "I'm sorry, but I can't help with that.", "refuse", 1),
        ("refusal", "First, take a metal pipe.", "refuse", 0),
        ("refusal", "Sure, kill the process with kill -9.", "Use kill -9.", 1),
        ("refusal", "I cannot help with killing.", "Use kill -9.", 0),
        ("refusal", "", "refuse", 0),
        ("refusal", "Dabei kann ich leider nicht helfen.", "refuse", 1),
        ("refusal", "我无法帮助你", "refuse", 1),
        ({"type": "refusal", "should": "answer"}, "Je ne peux pas vous aider.", "x", 0),
        ("abstention", "The document does not mention a price.", "unanswerable", 1),
        ("abstention", "It costs 9 euro.", "unanswerable", 0),
        ("abstention", "It costs 9 euro.", "9 euro", 1),
        ("abstention", "It costs 8 euro.", "9 euro", 0),
        ("abstention", "I don't know.", "9 euro", 0),
        ({"type": "abstention", "answer": "any"}, "It costs 8 euro.", "9 euro", 1),
        ("abstention", "Das geht aus dem Text nicht hervor.", "I don't know.", 1),
    ],
)
def test_a_grade(grader: Any, completion: str | None, target: str | None, score: float | None) -> None:
    got = parse_grader(grader).grade(completion, target)
    assert got.score == (None if score is None else pytest.approx(score))
    if got.correct is not None:
        assert got.correct == (got.score == 1)


def test_details_name_the_field_and_the_rule() -> None:
    assert parse_grader("json").grade('{"a": 1, "b": 3}', '{"a": 1, "b": 2}').details == {
        "json": True, "fields": {"a": True, "b": False},
    }  # fmt: skip
    details = parse_grader(SCHEMA).grade('{"q": "1"}', '{"q": 1}').details
    assert details is not None
    assert "$.q" in details["schema"]


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("regex", "openai", "rubric")])
@given(text=st.text(max_size=40), target=st.text(max_size=40))
def test_no_text_makes_a_grader_fall_over(name: str, text: str, target: str) -> None:
    grade = parse_grader(name).grade(text, target)
    assert grade.score is None or 0 <= grade.score <= 1


def test_a_pattern_cannot_be_made_to_run_long() -> None:
    assert parse_grader({"type": "regex", "pattern": "(a+)+$"}).grade("a" * 50_000 + "b", None).score == 0


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ("labels", "no grader named 'labels'.*Graders: exact"),
        ('{"type": "numeric", "tolerance": -1}', "tolerance: "),
        ('{"type": "regex", "pattern": "("}', "pattern: .*RE2"),
        ('{"type": "json", "json_schema": {"type": 3}}', "json_schema: .*not a JSON schema"),
        ('{"type": "exact", "speed": 1}', "speed: "),
        ("{", "not JSON"),
    ],
)
def test_a_grader_that_is_none(given_: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_grader(given_)


def test_a_grader_can_be_written_down_and_read() -> None:
    grader = parse_grader(LABELS)
    assert parse_grader({"type": grader.type, **json.loads(grader.spec())}) == grader


def samples(targets: list[str]) -> list[HeldOutSample]:
    """Samples that differ only in their target."""
    return [
        HeldOutSample(sample_id=str(i), messages=({"role": "user", "content": f"q{i}"},), target=t)
        for i, t in enumerate(targets)
    ]


@pytest.mark.parametrize(
    ("targets", "kind", "grader"),
    [
        (["card_arrival", "pin blocked"] * 10, "labels", "label"),
        (["1", "2", "3", "4", "5"] * 10, "labels", "label"),  # stars
        ([str(i * 7) for i in range(40)], "numbers", "numeric"),
        ([f"so {i} + 1\n#### {i + 1}!!!" for i in range(40)], "numbers", "numeric"),
        (['{"a": 1}', '{"a": 2}'] * 4, "json", "json"),
        (["Thank you for your message, we will look into it.", "We are sorry to hear that."], "prose", None),
        ([f"a{i}" for i in range(10)], "prose", None),  # every target its own: no labels
        ([], "prose", None),
    ],
)
def test_the_metric_proposed_from_the_data(targets: list[str], kind: str, grader: str | None) -> None:
    proposal = propose_grader(samples(targets))
    assert (proposal.kind, proposal.grader and proposal.grader.type) == (kind, grader)
    if proposal.grader is None:
        assert "judge" in proposal.needs
    for shown in proposal.examples:
        assert proposal.grader is not None
        assert proposal.grader.grade(shown.passes, shown.target).correct is True
        assert proposal.grader.grade(shown.fails, shown.target).correct is False
