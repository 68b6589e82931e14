"""A teacher as a source of training data: the form, the plan with terms and worst case, what came of it or ended it."""

from decimal import Decimal
from typing import Any

from tools.distillation import terms
from tools.distillation.records import DistilPlan, DistilRequest, DistilResult, TermsRecord
from tools.endpoint import Endpoint
from tools.errors import AdvisorError, CancelledError
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Entries,
    Entry,
    Item,
    ItemList,
    Notice,
    Table,
    Text,
)
from ui.chat.words import Words

TEXT = ("base_url", "model", "key_env", "system", "judge")
ADDRESS = ("base_url", "key_env")
OF_THE_TEACHER = ("base_url", "model", "key_env", "usd_in", "usd_out", "budget", "budget_tokens")
OF_DISTILLATION = (*OF_THE_TEACHER, "system", "judge", "least_mark", "max_tokens", "limit")


def distil_card(file: str, payload: dict[str, Any], *, addresses: bool, w: Words) -> Card:
    """What distillation is, and the form that names the teacher. Without a file it says how to bring one."""
    blocks: list[Block] = [Text(text=w("teacher.what")), Text(text=w("teacher.score_first"), muted=True)]
    if not file:
        bring = Button(label=w("do.bring"), action="want_file", again=True)
        blocks += [Notice(tone="warn", text=w("teacher.no_prompts")), Buttons(items=[bring])]
        return _card("distil", "teacher.label", blocks, w)
    local = Button(
        label=w("teacher.take_local"), action="distil_plan", payload={**payload, "kept": {"local": "1"}}, again=True
    )
    blocks += [
        Text(text=w("teacher.prompts", file=file)),
        form(OF_DISTILLATION, "distil_plan", payload, w, addresses=addresses),
        Buttons(items=[local]),
    ]
    return _card("distil", "teacher.label", blocks, w)


def form(
    names: tuple[str, ...], action: str, payload: dict[str, Any], w: Words, *, addresses: bool, **holes: Any
) -> Entries:
    """Fields of a request; what stands already is shown in them."""
    kept = payload.get("kept") or {}
    shown = [n for n in names if addresses or n not in ADDRESS]
    items = [
        Entry(
            name=n,
            label=w(f"teacher.fields.{n}", **holes),
            value=kept.get(n) or w.get(f"teacher.unset.{n}", ""),
            mode="text" if n in TEXT else "decimal",
        )
        for n in shown
    ]
    return Entries(items=items, button=w("teacher.show_plan"), action=action, payload=payload)


def distil_plan_card(
    request: DistilRequest, found: DistilPlan, payload: dict[str, Any], *, addresses: bool, w: Words
) -> Card:
    """How much would be asked and what it costs at most, whose terms hold, and the one click that agrees."""
    rows = [
        [w("teacher.teacher"), terms.teacher_name(request.teacher)],
        [w("teacher.prompts_n"), w("teacher.known", n=found.prompts, known=found.known)],
        [w("teacher.requests"), w("teacher.to_ask", n=found.requests, judge=found.judge_requests)],
    ]
    if request.filters.judge:
        judge = request.filters.judge
        rows.append([w("teacher.judge"), w("teacher.judge_is", model=judge.endpoint.model, least=str(judge.least))])
    rows += worst_rows(found.most_tokens, found.worst_case_usd, request.budget_usd, request.budget_tokens, w)
    parties = [request.teacher, *([request.filters.judge.endpoint] if request.filters.judge else [])]
    nothing = found.requests + found.judge_requests == 0
    blocks: list[Block] = [
        Table(caption=w("teacher.plan_caption"), columns=["", ""], rows=rows),
        *_terms(parties, w),
        *agreement(
            "distil_collect",
            payload,
            form(OF_DISTILLATION, "distil_plan", payload, w, addresses=addresses),
            w,
            known=all(map(terms.known, parties)),
            accepted=found.terms_accepted and not request.filters.judge,
            free=nothing or found.worst_case_usd == 0,
            worst=found.worst_case_usd,
            budget_usd=request.budget_usd,
            budget_tokens=request.budget_tokens,
        ),
    ]
    return _card("distil-plan", "teacher.plan_label", blocks, w)


def worst_rows(
    tokens: int, worst: Decimal | None, usd: Decimal | None, budget_tokens: int | None, w: Words
) -> list[list[str]]:
    """Rows of a plan's table: at most, and the budget."""
    budget = w("teacher.no_budget")
    if usd is not None:
        budget = w.money(usd)
    elif budget_tokens is not None:
        budget = w("teacher.tokens", n=budget_tokens)
    at_most = f"{w('teacher.tokens', n=tokens)}; {w.money(worst)}"
    return [[w("teacher.at_most"), at_most], [w("teacher.budget"), budget]]


def _terms(parties: list[Endpoint], w: Words) -> list[Block]:
    said = list(dict.fromkeys(terms.shown(p) for p in parties))
    return [ItemList(title=w("teacher.terms"), items=[Item(text=text) for text in said])]


def agreement(
    action: str,
    payload: dict[str, Any],
    change: Entries,
    w: Words,
    *,
    known: bool,
    accepted: bool,
    free: bool,
    worst: Decimal | None,
    budget_usd: Decimal | None,
    budget_tokens: int | None,
) -> list[Block]:
    """The click that accepts terms and budget; or what must be said before there can be one, and where."""
    if not free and budget_usd is None and budget_tokens is None:
        return [Notice(tone="warn", text=w("teacher.say_budget")), change]
    if budget_usd is not None and worst is None:
        return [Notice(tone="warn", text=w("teacher.say_prices")), change]
    blocks: list[Block] = [Details(summary=w("teacher.change"), blocks=[change])]
    if budget_usd is not None and worst is not None and worst > budget_usd:
        blocks.append(Text(text=w("teacher.may_end"), muted=True))
    if budget_usd is not None:
        label = w("teacher.agree", sum=w.money(budget_usd))
    elif budget_tokens is not None:
        label = w("teacher.agree", sum=w("teacher.tokens", n=budget_tokens))
    else:
        label = w("teacher.agree_free")
    if not known and not accepted and "terms" not in (payload.get("kept") or {}):
        entry = Entry(name="terms", label=w("teacher.fields.terms"), value="", mode="text")
        return [*blocks, Entries(items=[entry], button=label, action=action, payload=payload)]
    # May be clicked again: after a stop or a restart it goes on; nothing is asked twice, and never two at a time.
    button = Button(label=label, action=action, payload=payload, style="primary", again=True)
    return [*blocks, Buttons(items=[button])]


def collected_card(request: DistilRequest, result: DistilResult, file: str, *, w: Words) -> Card:
    """What came of it: rows, what each filter kept out, what it cost, whose terms were accepted."""
    blocks: list[Block] = [Notice(tone="good", text=w("teacher.made", n=result.rows, file=file))]
    judge = request.filters.judge
    if judge is not None:
        out, unmarked = result.dropped.get("judge", 0), result.dropped.get("unjudged", 0)
        marked = result.rows + out
        said = w("teacher.judged", model=judge.endpoint.model, n=marked, least=str(judge.least), kept=result.rows)
        blocks.append(Text(text=said + (" " + w("teacher.unmarked", n=unmarked) if unmarked else "")))
    if result.dropped:
        rows = [[w.get(f"teacher.why.{why}", why), w("teacher.count", n=n)] for why, n in result.dropped.items()]
        table = Table(columns=[w("teacher.left_out"), w("drawn.examples")], rows=rows)
        blocks.append(Details(summary=w("teacher.left_out_n", n=sum(result.dropped.values())), blocks=[table]))
    blocks.append(Text(text=w("teacher.asked", n=result.asked, reused=result.reused), muted=True))
    blocks += [Text(text=spent(result, w), muted=True), *recorded(result.terms, w)]
    return _card("distilled", "teacher.made_label", blocks, w)


def spent(result: Any, w: Words) -> str:
    """What it cost now, of either kind of result; what is not known is said with its most."""
    if result.cost_usd is not None:
        return w("teacher.cost", sum=_small(result.cost_usd, w))
    said = w("teacher.cost_at_most", sum=_small(result.cost_at_most_usd, w))
    return f"{said} {w('teacher.lost', n=result.lost)}" if result.lost else said


def _small(usd: Decimal | None, w: Words) -> str:
    """A sum; one below a cent is not 0."""
    cent = Decimal("0.01")
    return w("teacher.under", sum=w.money(cent)) if usd is not None and 0 < usd < cent else w.money(usd)


def recorded(agreed: TermsRecord | None, w: Words) -> list[Block]:
    """Who accepted which terms, as the ledger has it."""
    if agreed is None:
        return []
    text = w("teacher.recorded", person=agreed.person, date=f"{agreed.at:%Y-%m-%d}", title=agreed.title)
    return [Text(text=text, muted=True)]


def ended_card(
    why: AdvisorError, kept: int | None, of: int | None, action: str, payload: dict[str, Any], *, w: Words
) -> Card:
    """Stopped, out of budget, or an endpoint that went down: what is kept, and the click that goes on from there."""
    stopped = isinstance(why, CancelledError)
    text = w("work.stopped", title=w("teacher.made_label" if action == "distil_collect" else "raft.made_label"))
    blocks: list[Block] = [Notice(tone="warn", text=text if stopped else str(why))]
    if kept is not None and of is not None:
        blocks.append(Text(text=w("teacher.kept", n=kept, of=of)))
    blocks.append(Buttons(items=[Button(label=w("teacher.go_on"), action=action, payload=payload, again=True)]))
    return _card("teacher-ended", "teacher.ended", blocks, w)


def _card(name: str, label: str, blocks: list[Block], w: Words) -> Card:
    return Card(name=name, label=w(label), blocks=blocks, language=w.language)
