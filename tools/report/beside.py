"""Two decision records side by side: verdict, what was measured, what it costs, what can go wrong, and what differs."""

from collections.abc import Callable, Sequence

from tools.errors import InputError
from tools.report.blocks import Block, Bullets, Grid, Page, Para, Picture, Section
from tools.report.chart import score_svg
from tools.report.forms import Forms
from tools.report.layout import compared_row, score_text, spread_text
from tools.report.record import DecisionRecord, Measured

Pair = tuple[DecisionRecord, DecisionRecord]


def beside(a: DecisionRecord, b: DecisionRecord) -> Page:
    """Lay two records out as one page, in the first one's language.

    Raises:
        InputError: they are written in two languages, so that their words cannot be told apart from their content.
    """
    if a.language != b.language:
        raise InputError("the two pages are in two languages", remedy="Name one: --language en.")
    f = Forms(a.language)
    w = f.words["beside"]
    names = _names(a, b)
    return Page(
        language=a.language,
        record=w["record"],
        title=" | ".join(names),
        verdict=w["same"] if (a.decision, a.technique) == (b.decision, b.technique) else w["differ"],
        tone="wait",
        head=tuple(
            f"{name}: {f.words['hash'].format(digest=r.digest[:16])}, {f.moment(r.made_at)}"
            for name, r in zip(names, (a, b), strict=True)
        ),
        sections=(
            Section(title=w["at_a_glance"], blocks=(_glance((a, b), names, f),)),
            Section(title=w["measured"], blocks=tuple(_measured((a, b), names, f))),
            Section(title=w["risks"], blocks=tuple(_shared(_risks(a), _risks(b), names, f)), wide=False),
            Section(title=w["unknowns"], blocks=tuple(_shared(a.unknowns, b.unknowns, names, f)), wide=False),
            Section(title=w["facts"], blocks=(_facts((a, b), names, f),)),
        ),
        foot=f.words["made_by"],
    )


def _names(a: DecisionRecord, b: DecisionRecord) -> tuple[str, str]:
    """The titles, with the case's id where both are called the same."""
    if a.title != b.title:
        return a.title, b.title
    return f"{a.title} ({a.case_id[:8]})", f"{b.title} ({b.case_id[:8]})"


def _glance(pair: Pair, names: tuple[str, str], f: Forms) -> Grid:
    w, g = f.words, f.words["beside"]
    rows: dict[str, Callable[[DecisionRecord], str]] = {
        g["verdict"]: lambda r: r.verdict,
        w["confidence"]: lambda r: r.confidence_text,
        g["untrained"]: lambda r: _best(r, f, tuned=False),
        g["tuned"]: lambda r: _best(r, f, tuned=True),
        g["where"]: lambda r: _where(r, f),
        g["total"]: lambda r: spread_text(r.money.total, f) if r.money else _no_money(r, f),
        g["training"]: lambda r: spread_text(r.money.training, f) if r.money else _no_money(r, f),
        g["worst"]: lambda r: f.usd(r.money.worst_case_usd) if r.money and r.money.worst_case_usd is not None else "–",
        g["break_even"]: lambda r: r.money.break_even if r.money else "–",
        g["lifetime"]: lambda r: r.money.lifetime if r.money else "–",
        g["first_step"]: lambda r: r.first_steps[0] if r.first_steps else "–",
        g["asked"]: lambda r: r.asked,
    }
    return Grid(head=("", *names), rows=tuple((what, *(of(r) for r in pair)) for what, of in rows.items()), marked=(0,))


def _best(r: DecisionRecord, f: Forms, *, tuned: bool) -> str:
    found = [m for m in r.measured if (m.key == "tuned_here") is tuned]
    if not found:
        return str(f.words["not_measured"])
    best = max(found, key=lambda m: m.score or 0.0)
    return f"{best.name}: {score_text(best, f)}"


def _where(r: DecisionRecord, f: Forms) -> str:
    if r.money is None:
        return _no_money(r, f)
    return f"{r.money.where} ({f.words['beside']['example']})" if r.money.assumed else r.money.where


def _no_money(r: DecisionRecord, f: Forms) -> str:
    return r.money_unknown or str(f.words["not_priced"])


def _measured(pair: Pair, names: tuple[str, str], f: Forms) -> list[Block]:
    """Every score with its interval; a warning where the rows are not the same, since then no score beats another."""
    w, g = f.words, f.words["beside"]
    both: list[Measured] = [
        m.model_copy(update={"name": f"{mark} · {m.name}"})
        for mark, r in zip("12", pair, strict=True)
        for m in r.measured
    ]
    if not both:
        return [Para(text=w["nothing_measured"], role="muted")]
    said = ", ".join(f"{m.name} {score_text(m, f)}" for m in both)
    numbers = "; ".join(f"{mark} = {name}" for mark, name in zip("12", names, strict=True))
    blocks: list[Block] = [Para(text=numbers, role="muted")]
    blocks.append(Picture(svg=score_svg(tuple(both), f), alt=w["score_alt"].format(list=said)))
    rows = {frozenset(m.dataset_sha256 for m in r.measured) for r in pair if r.measured}
    if len(rows) > 1:
        blocks.append(Para(text=g["other_rows"], role="lead"))
    compared = [
        (f"{mark} · {row[0]}", *row[1:])
        for mark, r in zip("12", pair, strict=True)
        for row in (compared_row(c, f) for c in r.compared)
    ]
    blocks.append(
        Grid(head=tuple(w["columns_compared"]), rows=tuple(compared))
        if compared
        else Para(text=w["nobody_compared"], role="muted")
    )
    return blocks


def _risks(r: DecisionRecord) -> tuple[str, ...]:
    return tuple(x.text for x in r.risks)


def _shared(a: Sequence[str], b: Sequence[str], names: tuple[str, str], f: Forms) -> list[Block]:
    """What both say, then what only one says."""
    g = f.words["beside"]
    parts = (
        (g["both"], [x for x in a if x in b]),
        (g["only"].format(name=names[0]), [x for x in a if x not in b]),
        (g["only"].format(name=names[1]), [x for x in b if x not in a]),
    )
    found: list[Block] = []
    for title, items in parts:
        if items:
            found += [Para(text=title, role="lead"), Bullets(items=tuple(items))]
    return found or [Para(text=f.words["none"], role="muted")]


def _facts(pair: Pair, names: tuple[str, str], f: Forms) -> Block:
    """The facts on which the two differ; those they share explain nothing."""
    first, second = ({k.label: k.value for k in r.facts} for r in pair)
    unknown = f.words["not_known"]
    rows = tuple(
        (label, first.get(label, unknown), second.get(label, unknown))
        for label in dict.fromkeys([*first, *second])
        if first.get(label) != second.get(label)
    )
    if not rows:
        return Para(text=f.words["none"], role="muted")
    return Grid(head=(f.words["columns_facts"][0], *names), rows=rows)
