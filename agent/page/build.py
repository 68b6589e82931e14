"""Facts and stores in, decision record out. Nothing is decided here: the recommendation is the rules', read again."""

import hashlib
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from agent import say
from agent.carried import advice as advice_of
from agent.case import Case, Noted
from agent.facts import Facts
from agent.page.pricing import Priced, priced
from agent.page.proof import compared, measured, named
from agent.recommend import Recommendation
from agent.said import said
from agent.translated import translated
from knowledge.report_words import report_words, steps_done
from knowledge.techniques import techniques
from knowledge.thresholds import threshold
from tools.errors import NotFoundError
from tools.jobs import view
from tools.jobs.models import Plan
from tools.jobs.plan import get_plan
from tools.report.forms import Forms
from tools.report.layout import score_text
from tools.report.record import Condition, DecisionRecord, Known, Measured, Option, Right, Risk
from tools.report.validity import broken, price_digest

# Which way of doing it a decision stands for, in the cost table's keys.
RECOMMENDED = {
    "do_nothing": "nothing",
    "prompt_engineering": "better_prompt",
    "rag": "retrieval",
    "fine_tune": "tuned_here",
    "rag_plus_fine_tune": "tuned_here",
}
PROBLEM = ("task_type", "gaps", "baseline_score", "target_score", "requests_per_day", "examples")


def decision_record(case: Case, *, owner: str, now: datetime, language: str | None = None) -> DecisionRecord:
    """The page of one case.

    Args:
        case: the conversation.
        owner: whose case it is; plans and jobs are looked up as theirs.
        now: aware; the moment printed on the page.
        language: of the page; the case's own when None.
    """
    lang = language or case.language
    w = report_words(lang)
    facts = case.facts_now()
    found = named(measured(case), w["ways"])
    advice = translated(_left_to_do(advice_of(case, lang), found), facts.known(), lang)
    plan = _plan(case, owner)
    money = priced(case, facts, plan, lang)
    known = _known(case, lang, w)
    verdict = say.verdict_sentence(advice, lang)
    task = facts.task_type if facts.task_type != "other" else None
    subject = w["untitled"].format(task=say.value_label("task_type", task, lang)) if task else w["untitled_any"]
    title = " ".join(next((line.text for line in case.chat if line.role == "user"), subject).split())
    return DecisionRecord(
        case_id=case.id,
        language=lang,
        title=title if len(title) <= 120 else title[:119] + "…",
        subject=subject,
        made_at=now,
        owner=owner,
        status=advice.status,
        decision=advice.decision,
        technique=advice.technique,
        adapter=advice.adapter,
        verdict=say.book(lang)["leaning"].format(verdict=verdict) if advice.status == "ask" and verdict else verdict,
        plain=_plain(advice, facts, found, lang),
        confidence=advice.confidence,
        confidence_text=re.split(r" ?[:：] ?", say.book(lang)["confidence"][advice.confidence], maxsplit=1)[-1].rstrip(
            ".。"
        ),
        first_steps=advice.next_steps,
        problem=tuple(
            _met(k, facts, found, lang) if f == "target_score" else k for f, k in known.items() if f in PROBLEM
        ),
        options=_options(advice, money, found, lang),
        measured=found,
        compared=compared(case, w["ways"]),
        money=money.money,
        money_unknown=money.why_not,
        risks=tuple(Risk(text=said(r, lang), source="") for r in advice.risks),
        rights=_rights(facts, plan, w),
        flips=tuple(say.flip_texts(advice, lang, limit=4)),
        unknowns=_unknowns(advice, money, found, lang, w),
        asked=_asked(advice, plan, lang, w),
        stop_when=tuple(w["stop"].values()) if advice.technique else (),
        conditions=_conditions(money, found, now.date()),
        reasons=tuple((b.text, b.rule, b.source) for b in advice.because),
        passed_over=tuple((said(techniques()[n.decision].name, lang), n.text) for n in advice.not_now),
        facts=tuple(known.values()),
        data=tuple((ref.name, ref.id) for ref in case.datasets),
        plan=_plan_lines(plan, lang, w),
        plan_digest=plan.plan_digest if plan else "",
        jobs=tuple(_jobs(case, owner, lang, w)),
    )


def _left_to_do(advice: Recommendation, found: tuple[Measured, ...]) -> Recommendation:
    """Without the steps that what was measured has done."""
    ways = {m.key for m in found} | ({"nothing"} if found else set())
    done = {step for way in ways for step in steps_done().get(way, ())}
    return advice.model_copy(update={"next_steps": tuple(s for s in advice.next_steps if s not in done)})


def _plain(advice: Recommendation, facts: Facts, found: tuple[Measured, ...], language: str) -> str:
    """The verdict explained. How to begin a training is left out where something was measured: that has begun."""
    text = say.explanation(advice, facts.known(), language=language)
    return re.split(r"(?<=[.!?]) |(?<=[。！？])", text, maxsplit=1)[0] if advice.technique and found else text


def _met(goal: Known, facts: Facts, found: tuple[Measured, ...], language: str) -> Known:
    """The goal, with whether the best measured way reaches it: by its whole interval, not by luck."""
    best = max((m for m in found if m.score is not None), key=lambda m: m.score or 0, default=None)
    if best is None or best.ci_low is None or best.ci_high is None or facts.target_score is None:
        return goal
    state = (
        "reached" if best.ci_low >= facts.target_score else "missed" if best.ci_high < facts.target_score else "open"
    )
    shown = f"{best.name} {score_text(best, Forms(language))}"
    text = report_words(language)["goal"][state].format(target=goal.value, best=shown)
    return goal.model_copy(update={"value": text})


def why_not_any_more(record: DecisionRecord, case: Case, today: date) -> tuple[str, ...]:
    """What the page rests on and is no longer so; empty while it holds."""
    files = [Path(d.path) for d in case.datasets if d.id.endswith(".held_out")]
    data = {hashlib.sha256(f.read_bytes()).hexdigest()[:16] for f in files if f.is_file()}
    return broken(record, today=today, data=data)


def _known(case: Case, language: str, w: dict[str, Any]) -> dict[str, Known]:
    return {f: _fact(f, n, language, w) for f, n in case.facts.items() if n.value is not None}


def _fact(name: str, noted: Noted, language: str, w: dict[str, Any]) -> Known:
    how = str(w["how"][noted.how])
    quote = said(noted.quote, language, whole=True) if noted.how == "measured" else noted.quote
    origin = f"{how}: {quote}" if quote else how
    return Known(
        label=say.fact_label(name, language), value=say.value_label(name, noted.value, language), origin=origin[:200]
    )


def _options(advice: Recommendation, money: Priced, found: tuple[Measured, ...], language: str) -> tuple[Option, ...]:
    by_key: dict[str, Measured] = {}
    for m in found:
        if m.key and (m.key not in by_key or (m.score or 0) > (by_key[m.key].score or 0)):
            by_key[m.key] = m
    best = RECOMMENDED.get(advice.decision or "", "")
    if money.ways is None:
        return tuple(
            Option(
                key=k, title=report_words(language)["ways"][k], recommended=k == best, score=by_key.get(k),
                months_12=None, months_36=None, per_1000=None, ends=None, note="",
            )
            for k in dict.fromkeys(["nothing", *([best] if best else []), *by_key])
        )  # fmt: skip
    shown = [a for a in money.ways.arms if a.key not in ("tuned_elsewhere", "tuned_short")]
    rows, marked = [], False
    for a in shown:
        is_best = a.key == best and not marked
        marked = marked or is_best
        totals = {h.months: h.total_usd for h in a.horizons}
        rows.append(
            Option(
                key=a.key,
                title=said(a.title, language),
                recommended=is_best,
                score=by_key.get(a.key),
                months_12=totals.get(12),
                months_36=totals.get(36),
                per_1000=a.per_1000_requests_usd,
                ends=a.ends,
                note=said(a.note, language),
            )
        )
    return tuple(rows)


def _rights(facts: Facts, plan: Plan | None, w: dict[str, Any]) -> tuple[Right, ...]:
    q, b = w["rights_questions"], w["rights_basis"]
    local = plan is not None and plan.envelope.backend in ("local", "ray")

    def said(value: bool | None) -> dict[str, Any]:
        if value is None:
            return {"state": "unknown", "basis": b["ask_owner"]}
        return {"state": "yes" if value else "no", "basis": b["said"]}

    trains = {"state": "no", "basis": b["local"]} if local else {"state": "unknown", "basis": b["contract"]}
    return (
        Right(question=q["origin"], state="unknown", basis=b["ask_owner"]),
        Right(question=q["personal"], **said(facts.sensitive_data)),
        Right(question=q["stay"], **said(facts.data_must_stay_inside)),
        Right(question=q["provider_trains"], **trains),
        Right(question=q["delete"], state="no", basis=b["retrain"]),
    )


def _unknowns(
    advice: Recommendation, money: Priced, found: tuple[Measured, ...], language: str, w: dict[str, Any]
) -> tuple[str, ...]:
    lines = [say.fact_label(name, language) for name in (*advice.missing, *advice.declined)]
    if money.estimate is not None and not money.estimate.total_usd.known:
        lines += [f"{w['cost'].split('. ')[-1]}: {said(why, language)}" for why in money.estimate.total_usd.unknown]
    if not found:
        lines.append(w["nothing_measured"])
    return tuple(dict.fromkeys(lines))


def _asked(advice: Recommendation, plan: Plan | None, language: str, w: dict[str, Any]) -> str:
    asks = w["asks"]
    if advice.status == "ask":
        open_ = ", ".join(say.fact_label(f, language) for f in advice.missing[:1])
        return str(asks["open"].format(question=open_))
    if plan is not None and plan.envelope.worst_case_usd is not None:
        return str(
            asks["spend"].format(sum=Forms(language).cents(plan.envelope.worst_case_usd), plan=plan.plan_digest[:12])
        )
    if advice.technique:
        return str(asks["train"])
    return str(asks["nothing" if advice.decision == "do_nothing" else "cheaper"])


def _conditions(money: Priced, found: tuple[Measured, ...], today: date) -> tuple[Condition, ...]:
    made = [Condition(kind="review", what="", value=str(today + timedelta(days=int(threshold("report.review_days")))))]
    if money.estimate is not None:
        provider = money.estimate.provider
        made.append(Condition(kind="prices", what=provider, value=price_digest(provider)))
        ends = money.estimate.lifetime.inference_ends
        if ends:
            made.append(Condition(kind="base", what=money.estimate.model, value=str(ends)))
    made += [
        Condition(kind="data", what="sha256", value=digest)
        for digest in dict.fromkeys(m.dataset_sha256 for m in found if m.dataset_sha256)
    ]
    return tuple(made)


def _plan(case: Case, owner: str) -> Plan | None:
    for plan_id in reversed(case.plans):
        try:
            return get_plan(plan_id, owner)
        except NotFoundError:
            continue
    return None


def _plan_lines(plan: Plan | None, language: str, w: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if plan is None:
        return ()
    e, f, lines = plan.envelope, Forms(language), w["plan_lines"]
    rows = lines["rows_are"].format(n=f.number(e.training.rows), digest=e.training.sha256[:16])
    return (
        (lines["plan"], plan.plan_digest[:16]),
        (lines["where"], f"{e.backend} · {e.base_model}"),
        (lines["technique"], e.technique),
        (lines["rows"], rows),
        (lines["at_most"], w["not_known"] if e.worst_case_usd is None else f.cents(e.worst_case_usd)),
        (lines["lifetime"], said(plan.lifetime, language)),
        *((h.name, f"{h.value} ({said(h.origin, language)}: {said(h.rule, language)})") for h in plan.hyperparameters),
        *((lines["stops"], said(s.rule, language)) for s in plan.stop_rules),
    )


def _jobs(case: Case, owner: str, language: str, w: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for job_id in case.jobs:
        try:
            job = view.get(job_id, owner)
        except NotFoundError:
            continue
        rows.append((job.id, w["job_status"].get(job.status, job.status), Forms(language).moment(job.created_at)))
    return rows
