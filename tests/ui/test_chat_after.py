"""Changing a plan in the chat, and what stands after a job."""

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools.errors import InputError
from tools.jobs import curves
from tools.jobs.both import BothAnswers, base_of, candidate, differences
from tools.jobs.curves import CurveReport, Reading
from tools.jobs.models import JobReport, Metric, PlanRequest
from tools.jobs.next_plan import Change, NextPlan
from tools.jobs.plan import propose
from ui.chat.cards import comparison
from ui.chat.cards.after import answers_card, curves_card
from ui.chat.cards.blocks import Button, Buttons, Card, Details, Entries, Marked
from ui.chat.cards.job import UNLUCKY, job_card
from ui.chat.cards.plan import plan_card
from ui.chat.clicks import CLICKS, _changed
from ui.chat.journey import training
from ui.chat.journey.training import _wanted
from ui.chat.words import words

ROW = '{"messages": [{"role": "user", "content": "q%d"}, {"role": "assistant", "content": "a%d"}]}\n'


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {"hyperparameters": {}}),
        ({"n_epochs": "4", "batch_size": " "}, {"hyperparameters": {"n_epochs": 4}}),
        ({"learning_rate_multiplier": "0.5"}, {"hyperparameters": {"learning_rate_multiplier": 0.5}}),
        ({"n_epochs": "auto"}, {"hyperparameters": {"n_epochs": "auto"}}),
        (
            {"backend": "azure", "base_model": "gpt-4.1-mini", "technique": "dpo", "seed": "7"},
            {"backend": "azure", "base_model": "gpt-4.1-mini", "technique": "dpo", "seed": "7", "hyperparameters": {}},
        ),
    ],
)
def test_what_was_typed_becomes_a_request(given: dict[str, str], wanted: dict[str, Any]) -> None:
    assert _wanted(given) == wanted


def test_words_where_a_number_belongs_are_named() -> None:
    with pytest.raises(InputError, match="n_epochs is not a number"):
        _wanted({"batch_size": "8", "n_epochs": "many"})


@pytest.mark.parametrize(
    ("given", "kept_after"),
    [
        (
            {"n_epochs": "2"},
            {"backend": "local", "base_model": "b", "seed": "1", "technique": "sft", "batch_size": "4"},
        ),
        ({"backend": "azure"}, {"seed": "1", "technique": "sft"}),
        ({"technique": "dpo"}, {"backend": "local", "seed": "1"}),
    ],
)
def test_another_place_begins_with_its_own_settings(given: dict[str, str], kept_after: dict[str, str]) -> None:
    kept = {"backend": "local", "base_model": "b", "seed": "1", "technique": "sft", "batch_size": "4"}
    assert _changed(kept, given) == {**kept_after, **given}


@pytest.mark.parametrize(("kept", "given"), [(None, None), ("x", 3), ([], {"n_epochs": 2})])
def test_a_payload_of_another_shape_does_no_harm(kept: Any, given: Any) -> None:
    assert all(isinstance(v, str) for v in _changed(kept, given).values())


def test_a_plan_can_be_changed_where_its_file_is_known(home: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(ROW % (i, i) for i in range(40)))
    plan = propose(PlanRequest(training_file=rows, hyperparameters={"n_epochs": 2}))
    form = _form(plan_card(plan, dataset="d1"))
    assert form is not None
    assert form.payload["dataset"] == "d1"
    assert form.payload["kept"]["n_epochs"] == "2"
    assert {"backend", "base_model", "technique", "n_epochs", "seed"} <= {i.name for i in form.items}
    assert _form(plan_card(plan)) is None


OVER_FITTED = [Metric(step=s, train_loss=2 / s, valid_loss=0.5 + abs(s - 4) / 10) for s in range(1, 11)]
KEPT = [{"step_number": s, "fine_tuned_model_checkpoint": f"t:ckpt-step-{s}"} for s in (3, 6, 10)]


@pytest.mark.parametrize(
    ("points", "kept", "asked", "scored"),
    [
        (OVER_FITTED, KEPT, None, (3, "t:ckpt-step-3")),
        (OVER_FITTED, KEPT, 6, (6, "t:ckpt-step-6")),
        (OVER_FITTED, KEPT, 10, (None, "t")),
        (OVER_FITTED, KEPT[1:], None, (None, "t")),  # nothing was kept before it rose
        (OVER_FITTED[:4], KEPT[:1], None, (None, "t")),  # lowest at the end
        ([Metric(step=s, train_loss=2 / s) for s in range(1, 11)], KEPT, None, (None, "t")),
    ],
    ids=["best", "a chosen one", "the end", "none kept", "best is last", "no validation"],
)
def test_the_best_checkpoint_is_scored_by_itself(points: Any, kept: Any, asked: int | None, scored: Any) -> None:
    job = _Job(id="job_1", metrics=points, checkpoints=kept, fine_tuned_model="t")
    assert candidate(job, asked) == scored  # type: ignore[arg-type]


def test_where_answers_are_charged_nothing_is_scored_by_itself() -> None:
    nothing = NextPlan(change=None, request=None, advice=())
    job = _Job(id="job_1", backend="openai", checkpoints=KEPT)
    card = curves_card(job, curves.read(OVER_FITTED), nothing)  # type: ignore[arg-type]
    assert not any(isinstance(b, Buttons) for b in card.blocks)
    assert "--model t:ckpt-step-3" in card.model_dump_json()
    assert "charged by the provider" in card.model_dump_json()


def test_a_tuned_model_is_compared_with_the_base_it_was_tuned_from(home: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(ROW % (i, i) for i in range(40)))
    assert base_of(propose(PlanRequest(training_file=rows))) == ""
    assert base_of(propose(PlanRequest(training_file=rows, base_model="/models/other"))) == "/models/other"


def test_curves_offer_the_better_checkpoint_and_one_change() -> None:
    read = curves.read(OVER_FITTED)
    assert read.best_step == 4
    change = Change(name="n_epochs", before=5, after=2, why="it over-fits", seen_in=("validation rises",))
    following = NextPlan(change=change, request=None, advice=("more varied examples",))
    card = curves_card(
        _Job(id="job_1", backend="local", checkpoints=KEPT),
        read,
        following,
    )  # type: ignore[arg-type]
    buttons = {b.action: b.payload for block in card.blocks if isinstance(block, Buttons) for b in block.items}
    assert buttons["score_tuned"] == {"job_id": "job_1", "step": 10}  # the end, too, when a person asks
    assert "The kept checkpoint of step 3 is scored by itself" in card.model_dump_json()
    assert buttons["next_plan"] == {"job_id": "job_1"}
    assert curves.NOT_SUCCESS in card.model_dump_json()


def test_curves_without_a_reason_offer_nothing() -> None:
    read = CurveReport(points=0, first_step=None, last_step=None, best_step=None, readings=(), not_looked_at=())
    card = curves_card(
        _Job(id="j", backend="local", checkpoints=[]), read, NextPlan(change=None, request=None, advice=())
    )  # type: ignore[arg-type]
    assert not any(isinstance(b, Buttons | Button) for b in card.blocks)


def test_two_answers_stand_side_by_side_and_prove_nothing() -> None:
    base, tuned = "I am a bot", "I am delivery"
    both = BothAnswers(
        text="Where is my parcel?", system="Answer with the queue.", base_model="b", tuned_model="t", base=base,
        tuned=tuned, differences=differences(base, tuned),
    )  # fmt: skip
    card = answers_card(both)
    said = card.model_dump_json()
    assert "I am delivery" in said
    [marked] = [b for b in card.blocks if isinstance(b, Marked)]
    assert [(p.text, p.tone) for p in marked.pieces] == [("I am ", "plain"), ("a bot", "bad"), ("delivery", "good")]
    assert "One text proves nothing" in said


class _Job:
    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)


def _form(card: Card) -> Entries | None:
    for block in card.blocks:
        if isinstance(block, Details):
            for inner in block.blocks:
                if isinstance(inner, Entries):
                    return inner
    return None


@pytest.mark.parametrize(
    ("status", "state", "backend", "says", "clicks"),
    [
        ("running", "CONFIRMED", "local", "Spent so far: $1.50. You may close this page: the job goes on.", ["cancel"]),
        ("running", "CONFIRMED", "openai", "the job goes on", ["pause", "cancel"]),
        ("paused", "CONFIRMED", "openai", "Spent so far: $1.50.", ["resume", "cancel"]),
        ("unknown", "UNKNOWN", "openai", "it is looked for all the same", ["cancel"]),
        ("lost_contact", "CONFIRMED", "openai", "Spent so far: $1.50.", ["cancel"]),
        ("gone", "CONFIRMED", "openai", "Spent: $1.50.", []),
        ("succeeded", "CONFIRMED", "local", "Spent: $1.50.", []),
        ("failed", "CONFIRMED", "local", "Spent: $1.50.", []),
        ("cancelled", "CONFIRMED", "local", "Spent: $1.50.", []),
        ("needs_human", "NEEDS_HUMAN", "openai", "Spent: $1.50.", []),
        ("refused", "REFUSED", "openai", "Spent: $1.50.", []),
    ],
)
def test_a_job_says_what_goes_on_and_no_more(
    status: str, state: str, backend: str, says: str, clicks: list[str]
) -> None:
    known = {n: None for n, f in JobReport.model_fields.items() if not f.is_required() or "None" in str(f.annotation)}
    job = JobReport.model_construct(
        **{
            **known, "id": "job_1", "status": status, "state": state, "backend": backend, "technique": "sft",
            "base_model": "b", "message": "", "spent_usd": Decimal("1.5"), "cancel_requested": False,
            "events": (), "metrics": (), "notices": (), "reserved_usd": Decimal(6),
            "contact_lost": status in ("lost_contact", "gone"),
        }
    )  # fmt: skip
    card = job_card(job)
    assert ("job_gone" in card.model_dump_json()) == (status == "lost_contact")
    assert ("job_settle" in card.model_dump_json()) == (status == "needs_human")
    text = card.model_dump_json()
    assert says in text
    assert ("the job goes on" in text) == (status == "running")
    assert ("What now" in text) == (status in UNLUCKY), "an end that nobody wanted says what to do"
    actions = [b.action for block in card.blocks if isinstance(block, Buttons) for b in block.items]
    assert actions == [f"{c}_job" for c in clicks]
    assert '"once":true' not in text, "a mark would draw the old card over what came of the click"


def test_a_launch_that_waits_for_a_person_names_no_command() -> None:
    known = {n: None for n, f in JobReport.model_fields.items() if not f.is_required() or "None" in str(f.annotation)}
    words_of = (
        "the provider's answer was lost and no such job has appeared since. Look in the provider's own list, then "
        "say what you found: finetune-advisor jobs resolve job_1 --adopt PROVIDER_JOB_ID"
    )
    job = JobReport.model_construct(
        **{
            **known, "id": "job_1", "status": "needs_human", "state": "NEEDS_HUMAN", "backend": "openai",
            "technique": "sft", "base_model": "b", "message": words_of, "cancel_requested": False, "events": (),
            "metrics": (), "notices": (), "reserved_usd": Decimal(6), "contact_lost": False,
        }
    )  # fmt: skip
    text = job_card(job).model_dump_json()
    assert "The provider's answer was lost and no such job has appeared since." in text
    german = job_card(job, language="de").model_dump_json()
    assert "Die Antwort des Anbieters ging verloren" in german
    assert all("jobs resolve" not in said for said in (text, german)), "it is settled on the card"


async def test_the_form_of_a_lost_job_says_what_a_person_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str, Decimal, str, str]] = []

    def gone(job_id: str, person: str, *, billed_usd: Decimal, why: str, owner: str) -> None:
        said.append((job_id, person, billed_usd, why, owner))

    monkeypatch.setattr(training, "say_gone", gone)
    talk: Any = SimpleNamespace(owner="ada", words=words("en"))
    given = {"billed": " 4.20 ", "why": "not in their list"}
    await CLICKS["job_gone"](talk, {"job_id": "job_1", "given": given})
    assert said == [("job_1", "ada", Decimal("4.20"), "not in their list", "ada")]
    for billed in ("", "nothing", "4,20"):
        with pytest.raises(InputError, match="number in USD"):
            await CLICKS["job_gone"](talk, {"job_id": "job_1", "given": {**given, "billed": billed}})
    assert len(said) == 1


@pytest.mark.parametrize(
    ("answer", "adopt", "told"),
    [("is_this", " ftjob-9 ", {"adopt": "ftjob-9"}), ("none", "", {"not_created": True})],
)
async def test_a_launch_that_waits_for_a_person_is_settled_on_its_card(
    monkeypatch: pytest.MonkeyPatch, answer: str, adopt: str, told: dict[str, Any]
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(training, "resolve", lambda *args, **named: said.append((args, named)))
    monkeypatch.setattr(training, "follow", lambda _talk, job_id: said.append(job_id))
    talk: Any = SimpleNamespace(owner="ada", words=words("en"))
    given = {"adopt": adopt, "why": "looked in their list"}
    await CLICKS["job_settle"](talk, {"job_id": "job_1", "answer": answer, "given": given})
    assert said == [(("job_1", "ada"), {"owner": "ada", "why": "looked in their list", **told}), "job_1"]


async def test_to_adopt_a_job_its_id_is_needed_and_an_unknown_answer_settles_nothing() -> None:
    talk: Any = SimpleNamespace(owner="ada", words=words("en"))
    given = {"adopt": " ", "why": "looked in their list"}
    with pytest.raises(InputError, match="Write the job’s id"):
        await CLICKS["job_settle"](talk, {"job_id": "job_1", "answer": "is_this", "given": given})
    with pytest.raises(InputError, match="say either which job"):
        await CLICKS["job_settle"](talk, {"job_id": "job_1", "answer": "", "given": given})


def test_where_a_job_can_be_paused_is_what_the_backends_say(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.jobs.backends import registry

    named = {"OPENAI_API_KEY": "k", "AWS_BEARER_TOKEN_BEDROCK": "k", "TOGETHER_API_KEY": "k"}
    named |= {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com", "AZURE_OPENAI_API_KEY": "k"}
    named |= {"ADVISOR_JOBS_BASE_URL": "http://127.0.0.1:9/v1", "ADVISOR_JOBS_API_KEY": "k"}
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    for name in ("local", "openai", "azure", "bedrock", "wire"):
        assert registry.BACKENDS[name]().pauses == (name in registry.PAUSING), name


@pytest.mark.parametrize(("language", "reason"), [("en", "Were there"), ("de", "Gäbe es"), ("fr", "S'il n'y")])
def test_a_reason_begins_like_a_sentence_and_a_mean_is_written_as_the_language_writes_it(
    language: str, reason: str
) -> None:
    why = "were there no difference, one this large would come up in 3.2 % of cases (exact McNemar, n=50)."
    assert comparison._sentence(why, language).startswith(reason)
    assert comparison._sentence("n=4: too few", language).startswith("n=4")
    spans = ("training loss over steps 1 to 5: mean 4.222", "training loss over steps 8 to 12: mean 1.106")
    read = CurveReport.model_construct(
        readings=[Reading.model_construct(kind="steady", message="m", evidence=spans)], caution="c", best_step=None
    )
    job = JobReport.model_construct(id="job_1", checkpoints=[], backend="local")
    following = NextPlan.model_construct(change=None, advice=())
    (item,) = curves_card(job, read, following, language).blocks[0].items
    assert ("4.222" in item.note) == ("1.106" in item.note) == (language == "en")
    assert (item.tag == "steady") == (language == "en")
