"""Every kind of card in one thread, drawn from real results and left in a home: `python gallery.py THREAD LANGUAGE`.

What the chat's handlers can do without a window is done by them; the rest is made by the same functions that they call.
"""

import asyncio
import re
import sys
import tempfile
import uuid
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LONG = "Donaudampfschifffahrtsgesellschaftskapitaenskajuetentuerschluesselbundanhaenger" * 3
"""A word that no line can break where a word ends."""


def kinds() -> set[str]:
    """The names of all cards that the chat can show, as its source says them."""
    from knowledge.rehearsal_words import STEPS

    found: set[str] = set()
    for path in (ROOT / "ui" / "chat").rglob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r'\bCard\(\s*name="([\w-]+)"', text))
        found |= set(re.findall(r'self\._card\(\s*"([\w-]+)"', text))
    return found | {f"rehearsal-{step}" for step in STEPS}


def defects(folder: Path) -> Path:
    """A file with something to say about it."""
    import json

    def row(question: str, answer: str) -> str:
        talk = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return json.dumps({"messages": talk})

    lines = [row(f"Where is order {i * 7}?", "delivery" if i % 2 else "billing") for i in range(60)]
    lines += [row("Write to ann@shop.example.net", "Delivery"), lines[3], "", "{broken"]
    lines += [row(LONG, LONG), *(row(f"Odd {i}", "Billing ") for i in "ab")]
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def _decided(language: str) -> Iterator[Any]:
    """From the first question to what is written down."""
    from agent.ask import next_question
    from agent.case import Contradiction, Noted
    from agent.decide import decide
    from agent.events import Understood
    from agent.facts import parse_facts
    from agent.say import translated, verdict_sentence
    from ui.chat.cards.blocks import Button, Card
    from ui.chat.cards.question import question_card, sharpening_card
    from ui.chat.cards.recommendation import recommendation_card
    from ui.chat.cards.understood import understood_blocks
    from ui.chat.words import words

    question = next_question(parse_facts({"gaps": ["tone_style"]}))
    assert question is not None
    question = translated(question, language)
    yield question_card(question, can_go_back=True, language=language)
    several = next_question(parse_facts({}))
    assert several is not None
    yield question_card(translated(several, language), can_go_back=False, language=language)
    yield sharpening_card(question, "One more.", language)
    older, newer = Noted(value=50.0, quote="about 50 a day"), Noted(value=5000.0, quote="5k a day")
    clash = Contradiction(fact="requests_per_day", older=older, newer=newer)
    event = Understood({"requests_per_day": newer}, (clash,), {"examples": Noted(value=300, quote=LONG)})
    blocks = understood_blocks(event, language)
    yield Card(name="understood", label=words(language)("understood.label"), blocks=blocks, language=language)
    for facts in (
        {"gaps": ["tone_style"], "prompt_effort": "single_prompt"},
        {"task_type": "classification", "gaps": ["accuracy"], "prompt_effort": "systematic", "examples": 500,
         "evals_defined": True, "baseline_score": 0.6, "target_score": 0.9},
    ):  # fmt: skip
        known = parse_facts(facts)
        found = decide(known)
        action = Button(label=words(language)("do.page"), action="page", again=True)
        said = verdict_sentence(found, language)
        yield recommendation_card(known, found, said, actions=[action], language=language)


def _measured(folder: Path, language: str) -> Iterator[Any]:
    """A file, its repair, what a good answer is, scores."""
    from agent.case import DatasetRef
    from tools.dataset import LintRequest, lint
    from tools.evals.metric.propose import propose_metric
    from tools.ladder.records import Arm, LadderResult
    from tools.ladder.say import Line
    from ui import recording
    from ui.chat.cards.blocks import Button
    from ui.chat.cards.comparison import comparison_card
    from ui.chat.cards.findings import findings_card, fix_card
    from ui.chat.cards.ladder import ladder_card
    from ui.chat.cards.metric import accepted_card, metric_card
    from ui.chat.cards.score import score_card
    from ui.chat.journey.compare import _what_now
    from ui.chat.journey.data import _split_card
    from ui.chat.words import words

    w, go = words(language), Button(label=words(language)("do.plan"), action="plan", style="primary")
    path = defects(folder)
    report = lint(LintRequest(path=path, name=f"{LONG[:70]}.jsonl"))
    yield findings_card(report, "d1", path=str(path), actions=[go], language=language)
    yield findings_card(recording.lint_report(), "d1", path="tickets.jsonl", actions=[go], language=language)
    fixed = lint(LintRequest(path=path, fix_to=folder / "new.jsonl", offers=frozenset({"mask"})))
    assert fixed.fix is not None
    yield fix_card(fixed, fixed.fix, "new.jsonl", language)
    ref = DatasetRef(id="d1", name="tickets.jsonl", path="tickets.jsonl")
    yield _split_card(ref, recording.split_report(), w, asks_target=True)
    metric = propose_metric(ROOT / "examples" / "zava" / "tickets.jsonl", "gallery")
    yield metric_card(metric, "d1", target=0.9, language=language)
    yield accepted_card(metric.metric.model_copy(update={"version": 1, "digest": "0" * 64}), [go], language=language)
    plain = recording.run_result("base-plain")
    yield score_card(plain, "plain", target=0.9, alike=True, actions=[go], language=language)
    arms = [
        {"name": "plain", "kind": "arm", "eval": "a", "n": 64, "score": 0.4, "ci_low": 0.3, "ci_high": 0.5,
         "latency_ms": 900.0},
        {"name": "majority", "kind": "control", "eval": "b", "n": 64, "score": 0.2, "ci_low": 0.1, "ci_high": 0.3},
    ]  # fmt: skip
    ladder = LadderResult.model_construct(
        arms=[Arm.model_validate(a) for a in arms], because=Line(key="nothing_measured"), metric="accuracy", n=64,
        best_without_tuning="plain", minded=[],
    )  # fmt: skip
    yield ladder_card(ladder, target=0.9, payload={"dataset": "d1"}, actions=[go], language=language)
    yield comparison_card(recording.comparison(), target=0.9, actions=[go], language=language)
    yield _what_now(recording.comparison(), "local:tuned-" + LONG[:60], w)


def _trained(language: str) -> Iterator[Any]:
    """A plan, a job in three states, its curves, what it costs."""
    from tools.cost.eligibility import eligibility
    from tools.evals.guardrail import Guarded
    from tools.jobs import curves
    from tools.jobs.both import BothAnswers, differences
    from tools.jobs.models import Plan
    from tools.jobs.next_plan import Change, NextPlan
    from ui import recording
    from ui.chat.cards.after import answers_card, ask_both_card, curves_card, saved_card
    from ui.chat.cards.blocks import Button
    from ui.chat.cards.costs import cost_card, eligibility_card
    from ui.chat.cards.job import job_card
    from ui.chat.cards.ladder import guardrail_card
    from ui.chat.cards.plan import plan_card
    from ui.chat.words import words

    w = words(language)
    plan: Plan = recording.plan()
    yield plan_card(plan, dataset="d1", language=language)
    dear = plan.envelope.model_copy(update={"worst_case_usd": Decimal("41.20")})
    yield plan_card(plan.model_copy(update={"envelope": dear, "warnings": ["Mind this."]}), language=language)
    job = recording.job()
    half = {"status": "running", "step": job.total_steps and job.total_steps // 2, "finished_at": None}
    half |= {"metrics": job.metrics[: len(job.metrics) // 2], "seconds_left_low": 60.0, "seconds_left_high": 200.0}
    yield job_card(job.model_copy(update=half), language=language)
    yield job_card(job.model_copy(update={"status": "failed", "message": "Out of memory."}), language=language)
    score = Button(label=w("do.score_tuned"), action="score_tuned", style="primary")
    yield job_card(job, after=[score], language=language)
    change = Change(name="n_epochs", before=3, after=2, why="it learnt by heart", seen_in=("step 40",))
    following = NextPlan(change=change, request=None, advice=("More rows.",))
    yield curves_card(job, curves.read(job.metrics), following, language=language)
    yield ask_both_card(job.id, language)
    yield saved_card(Path("/home/me/.finetune-advisor/bundles") / LONG[:60], language)
    guarded = Guarded(probes="general", base="a", tuned="b", n=120, difference=-0.05, ci_low=-0.1, ci_high=-0.01,
                      verdict="regressed", lost=7, won=1, detectable=0.04, forgot=["overall"])  # fmt: skip
    yield guardrail_card([guarded], True, language)
    both = BothAnswers(
        text=LONG, system="You route messages.", base_model="b", tuned_model="t", base=LONG, tuned="delivery",
        differences=differences(LONG, "delivery"),
    )  # fmt: skip
    yield answers_card(both, language)
    yield cost_card(recording.cost_cards(), path="tickets.jsonl", dataset="d1", language=language)
    yield eligibility_card(eligibility("openai"), can_ask=True, language=language)


def _small(language: str) -> Iterator[Any]:
    """Notices, progress and what an earlier case offers."""
    from agent.case import Noted
    from tools.errors import InputError
    from ui.chat.cards.blocks import Card, Item, ItemList, Notice, Text
    from ui.chat.journey.earlier import Earlier, earlier_card
    from ui.chat.journey.rehearsal import STEPS, card_of
    from ui.chat.journey.tour import _end
    from ui.chat.words import words
    from ui.chat.work import _progress_card, problem_card

    w = words(language)
    facts = {"requests_per_day": Noted(value=200.0, quote="200 a day")}
    yield earlier_card(Earlier("c1", "Tickets", "2026-11-01", facts, None), language)
    yield problem_card(InputError(f"the file {LONG} is empty", remedy="Drop another."), language)
    yield problem_card(RuntimeError("hidden"), language)
    for name, label in (("model", "work.model"), ("stopped", "work.stop_label"), ("rejected", "plan.not_approved")):
        yield Card(name=name, label=w(label), blocks=[Notice(text=w("work.stop_text"))], language=language)
    listed = ItemList(title=w("recommendation.from"), items=[Item(text="A page", source="OpenAI")])
    yield Card(name="passages", label=w("recommendation.sources"), blocks=[listed], language=language)
    yield Card(name="convert", label=w("invite.converted"), blocks=[Text(text=LONG)], language=language)
    yield _progress_card("w1", {"share": 0.4, "text": w("work.pricing")}, w)
    yield _end(language)
    for step in (None, *range(len(STEPS))):
        yield card_of(language, step)


async def hang(thread_id: str, language: str) -> None:
    """All of them into the store, as the chat leaves them for the next visit."""
    from chainlit.data import get_data_layer
    from chainlit.user import User

    import ui.chat.handlers  # noqa: F401 -- registers the data layer
    from ui.chat import journey
    from ui.chat.show import announce
    from ui.chat.talk import talk_for
    from ui.web.users import LOCAL_USER

    layer: Any = get_data_layer()
    person = await layer.create_user(User(identifier=LOCAL_USER))
    await layer.update_thread(thread_id, name="Gallery", user_id=person.id)
    with tempfile.TemporaryDirectory() as folder:
        for card in chain(_decided(language), _measured(Path(folder), language), _trained(language), _small(language)):
            await announce(thread_id, card)
    talk = await talk_for(thread_id, LOCAL_USER, "Newcomer", language=language)
    async with talk.turn() as conversation:
        async for _ in conversation.say("our bot answers in a different tone every time, we have 3k old tickets"):
            pass
    await journey.invite(talk)
    await journey.explain(talk, "few_shot")
    await journey.why_not(talk)
    await journey.teach(talk)
    await journey.read_page(talk, "what-is-lora")
    other = await talk_for(str(uuid.uuid4()), LOCAL_USER, "Newcomer", language=language)
    async with other.turn() as conversation:
        async for _ in conversation.say("we have 500 labelled invoices, the model misreads the totals"):
            pass
    await journey.beside(talk)
    await journey.link(talk)
    await journey.page(talk)
    while waiting := asyncio.all_tasks() - {asyncio.current_task()}:  # long work, then what Chainlit still writes
        await asyncio.gather(*waiting)
    await layer.close()


if __name__ == "__main__":
    from ui.web.root import make_root

    make_root()
    asyncio.run(hang(*sys.argv[1:3]))
