"""From the record to the page: what stands where, in the reader's language and way of writing figures."""

from datetime import date

from tools.cost.money import Spread
from tools.records.owned import LOCAL
from tools.report.blocks import Block, Bullets, Grid, Page, Para, Picture, Section
from tools.report.chart import cost_svg, score_svg
from tools.report.forms import Forms
from tools.report.record import Compared, Condition, DecisionRecord, Known, Measured, Money, Option

MOST_RISKS = 5
MOST_FLIPS = 4
_TONES = {"fine_tune": "go", "rag_plus_fine_tune": "go"}


def page(record: DecisionRecord, digest: str = "") -> Page:
    """Lay the record out. `digest` names the page that a redacted copy was made from."""
    f = Forms(record.language)
    w = f.words
    tone = "wait" if record.status != "recommend" else _TONES.get(record.decision or "", "stop")
    return Page(
        language=record.language,
        record=w["record"],
        title=record.title,
        verdict=record.verdict,
        tone=tone,
        head=(
            f"{w['confidence']}: {record.confidence_text}",
            (w["made"] if record.owner not in ("", LOCAL) else w["made_at"]).format(
                when=f.moment(record.made_at), owner=record.owner
            ),
            w["hash"].format(digest=(digest or record.digest)[:16]),
        ),
        sections=tuple(_sections(record, f)),
        sign=w["sign"],
        annexes_title=w["annexes"],
        annexes=tuple(_annexes(record, f)),
        foot=w["made_by"],
    )


def _sections(r: DecisionRecord, f: Forms) -> list[Section]:
    w = f.words
    problem: list[Block] = [Bullets(items=tuple(f"{k.label}: {k.value}" for k in r.problem))] if r.problem else []
    if not r.measured:
        problem.append(Para(text=w["nothing_measured"], role="muted"))
    advice: list[Block] = [Para(text=r.plain)]
    if r.first_steps:
        advice.append(Para(text=f"{w['first_step']}: {r.first_steps[0]}", role="lead"))
    found = [
        Section(title=w["problem"], blocks=tuple(problem), wide=False),
        Section(title=w["recommendation"], blocks=tuple(advice), wide=False),
        Section(title=w["options"], blocks=(_options(r.options, f),)),
        Section(title=w["evidence"], blocks=tuple(_evidence(r, f)), wide=False),
        Section(title=w["cost"], blocks=tuple(_cost(r, f)), wide=False),
        Section(title=w["risks"], blocks=(_bullets([x.text for x in r.risks[:MOST_RISKS]], f),), wide=False),
        Section(
            title=w["rights"],
            blocks=(Bullets(items=tuple(f"[{w['ticks'][x.state]}] {x.question} {x.basis}" for x in r.rights)),),
            wide=False,
        ),
        Section(title=w["flips"], blocks=(_bullets(list(r.flips[:MOST_FLIPS]), f),), wide=False),
        Section(title=w["unknowns"], blocks=(_bullets(list(r.unknowns), f),), wide=False),
    ]
    asked: list[Block] = [Para(text=r.asked, role="lead")]
    if r.stop_when:
        asked.append(Para(text=f"{w['stop_when']}: {'; '.join(r.stop_when)}.", role="muted"))
    return [*found, Section(title=w["asked"], blocks=tuple(asked))]


def _bullets(items: list[str], f: Forms) -> Block:
    return Bullets(items=tuple(items)) if items else Para(text=f.words["none"], role="muted")


def _options(options: tuple[Option, ...], f: Forms) -> Grid:
    w = f.words
    rows = [
        (
            o.title + (f" ({w['recommended']})" if o.recommended else ""),
            score_text(o.score, f) if o.score else w["not_measured"],
            f.spread(o.per_1000),
            f.spread(o.months_12),
            f.spread(o.months_36),
            f.day(o.ends),
            o.note,
        )
        for o in options
    ]
    marked = tuple(i for i, o in enumerate(options) if o.recommended)
    return Grid(head=tuple(w["columns_options"]), rows=tuple(rows), marked=marked)


def score_text(m: Measured, f: Forms) -> str:
    """A score with its interval and n."""
    return f"{f.score(m.score)} ({f.interval(m.ci_low, m.ci_high)}, n={f.number(m.n)})"


def _evidence(r: DecisionRecord, f: Forms) -> list[Block]:
    w = f.words
    if not r.measured:
        return [Para(text=w["nothing_measured"], role="muted")]
    said = ", ".join(f"{m.name} {score_text(m, f)}" for m in r.measured)
    blocks: list[Block] = [Picture(svg=score_svg(r.measured, f), alt=w["score_alt"].format(list=said))]
    blocks.append(
        Grid(head=tuple(w["columns_compared"]), rows=tuple(compared_row(c, f) for c in r.compared))
        if r.compared
        else Para(text=w["nobody_compared"], role="muted")
    )
    return blocks


def compared_row(c: Compared, f: Forms) -> tuple[str, ...]:
    """One pair, under the heads `columns_compared`."""
    w = f.words
    interval = "" if c.ci_low is None or c.ci_high is None else f" ({f.points(c.ci_low)} – {f.points(c.ci_high)})"
    worse = "" if c.got_worse is None else f"; {w['worse_rows'].format(n=f.number(c.got_worse))}"
    return (
        f"{c.candidate} / {c.baseline}",
        f.number(c.n),
        f.points(c.difference) + interval,
        f.p(c.p_value),
        w["verdicts"].get(c.verdict, c.verdict) + worse,
    )


def _cost(r: DecisionRecord, f: Forms) -> list[Block]:
    w = f.words
    m = r.money
    if m is None:
        return [Para(text=r.money_unknown or w["not_priced"], role="muted")]
    blocks: list[Block] = []
    if r.decision is not None and r.decision not in _TONES:
        blocks.append(Para(text=w["not_advised"]))
    if m.assumed:
        blocks.append(Para(text=w["priced_as_example"].format(where=m.where), role="muted"))
    blocks.append(Bullets(items=tuple(_sums(m, f))))
    if m.chart:
        alt = w["chart_alt"].format(months=m.months, sentence=m.break_even)
        blocks.append(Picture(svg=cost_svg(m, f), alt=alt))
    return [*blocks, Para(text=f"{m.break_even} {m.lifetime}".strip())]


def _sums(m: Money, f: Forms) -> list[str]:
    w = f.words
    lines = [
        w["sum_total"].format(months=m.months, sum=spread_text(m.total, f)),
        w["sum_training"].format(sum=spread_text(m.training, f)),
    ]
    if m.worst_case_usd is not None:
        lines.append(w["sum_worst"].format(sum=f.usd(m.worst_case_usd)))
    if m.drivers:
        lines.append(w["sum_drivers"].format(list="; ".join(m.drivers)))
    return lines


def spread_text(s: Spread, f: Forms) -> str:
    """A sum; when a part is not known, what is known and why the rest is not."""
    if s.known:
        return f.spread(s)
    floor = f.words["at_least"].format(sum=f.usd(s.at_least)) + ", " if s.at_least else ""
    return f"{floor}{f.words['not_known']} ({'; '.join(s.unknown)})"


def _known(known: tuple[Known, ...], f: Forms) -> Grid:
    return Grid(head=tuple(f.words["columns_facts"]), rows=tuple((k.label, k.value, k.origin) for k in known))


def _annexes(r: DecisionRecord, f: Forms) -> list[Section]:
    w = f.words
    found = [
        Section(title=w["annex_facts"], blocks=(_known(r.facts, f),) if r.facts else (_bullets([], f),)),
        Section(title=w["annex_reasons"], blocks=(Grid(head=tuple(w["columns_reasons"]), rows=r.reasons),)),
        Section(title=w["annex_passed"], blocks=(_bullets([f"{d}: {why}" for d, why in r.passed_over], f),)),
        Section(title=w["annex_data"], blocks=(_bullets([f"{a}: {b}" for a, b in r.data], f),)),
    ]
    if r.money:
        prices = tuple((p, figure, source, f.day(on)) for p, figure, source, on in r.money.prices)
        blocks: list[Block] = [
            Para(text=r.money.sentence),
            Grid(head=tuple(w["columns_cost"]), rows=r.money.lines),
            Grid(head=tuple(w["columns_prices"]), rows=prices),
        ]
        if r.money.chart:
            rows = tuple(
                (f.number(x), f.usd(today), f.usd(tuned), f"{f.usd(low)} – {f.usd(high)}")
                for x, today, tuned, low, high in r.money.chart
            )
            blocks.append(Grid(head=tuple(w["columns_break_even"]), rows=rows))
        found.append(Section(title=w["annex_cost"], blocks=tuple(blocks)))
    plan: list[Block] = [_bullets([f"{a}: {b}" for a, b in r.plan], f)]
    if r.jobs:
        plan.append(Grid(head=tuple(w["columns_jobs"]), rows=r.jobs))
    found.append(Section(title=w["annex_plan"], blocks=tuple(plan)))
    rests = tuple(" ".join(f"{w['conditions'][c.kind]}: {c.what} {_value(c, f)}".split()) for c in r.conditions)
    return [*found, Section(title=w["annex_valid"], blocks=(Para(text=w["valid"]), Bullets(items=rests)))]


def _value(c: Condition, f: Forms) -> str:
    """A day in the reader's form; a digest as it is."""
    return f.day(date.fromisoformat(c.value)) if c.kind in ("review", "base") else c.value
