"""The decision record in the browser: the owner reads, decides and shares; a link reads, and nothing else."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.case import Case
from agent.page import decision_record, why_not_any_more
from agent.said import said as in_language
from knowledge.report_words import LANGUAGES, report_words
from tools.errors import AdvisorError, NotFoundError
from tools.records.cases import load_case
from tools.report import beside as laid_beside
from tools.report import html, keeping, markdown, page_html, pdf
from tools.report.forms import Forms
from tools.report.keeping import Choice, Kept
from tools.report.render import Bar, no_link
from ui import recording

NEVER_KEPT = {"cache-control": "no-store", "x-robots-tag": "noindex"}
FORMS = {
    "page.html": (html, "text/html; charset=utf-8"),
    "page.md": (markdown, "text/markdown; charset=utf-8"),
    "page.pdf": (pdf, "application/pdf"),
}


router = APIRouter(include_in_schema=False)


async def signed_in(request: Request) -> Any:
    """Who asks; None for nobody. On this computer alone it is the one person, also before the chat was opened."""
    from chainlit.auth import get_current_user, reuseable_oauth
    from chainlit.config import config

    if config.code.header_auth_callback:
        return await config.code.header_auth_callback(request.headers)
    try:
        return await get_current_user(await reuseable_oauth(request))
    except HTTPException:
        return None


async def mine(page_id: str, user: Annotated[Any, Depends(signed_in)]) -> Kept:
    """The page, if it is the caller's; anybody else sees that there is none."""
    if user is None:
        raise HTTPException(404)
    found: Kept = await _found(keeping.page, page_id, user.identifier)
    return found


Mine = Annotated[Kept, Depends(mine)]


@router.get("/example/{language}/{form}")
async def example(language: str, form: str) -> Response:
    """The page of the recorded example; it is nobody's, so that nobody has to be signed in."""
    if form not in FORMS or language not in LANGUAGES:
        raise HTTPException(404)
    made, kind = FORMS[form]
    try:
        content = await asyncio.to_thread(lambda: made(recording.page(language)))
    except AdvisorError as e:
        return Response(str(e), status_code=404, media_type="text/plain; charset=utf-8")
    return Response(content, media_type=kind, headers=NEVER_KEPT)


@router.get("/beside/{case_id}/{other_id}")
async def beside(case_id: str, other_id: str, user: Annotated[Any, Depends(signed_in)]) -> Response:
    """Two cases of the caller as they stand now, side by side; looking keeps nothing."""
    if user is None:
        raise HTTPException(404)
    first, second = [await _found(_case, one, user.identifier) for one in (case_id, other_id)]
    return HTMLResponse(await asyncio.to_thread(_beside, first, second, user.identifier), headers=NEVER_KEPT)


@router.get("/page/{page_id}")
async def read(kept: Mine) -> Response:
    """The page with what can be done with it."""
    return await _shown(kept)


@router.get("/page/{page_id}/{form}")
async def download(kept: Mine, form: str) -> Response:
    """The page alone, as a file."""
    if form in ("decide", "share"):  # the address that a browser shows after a refused form, or a new link
        return RedirectResponse(f"/page/{kept.id}", status_code=303)
    if form not in FORMS:
        raise HTTPException(404)
    made, kind = FORMS[form]
    try:
        content = await asyncio.to_thread(made, kept.record)
    except AdvisorError as e:
        return await _shown(kept, refused=str(e))
    name = f"decision-{kept.digest[:12]}.{form.split('.')[1]}"
    headers = {**NEVER_KEPT, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


@router.post("/page/{page_id}/decide")
async def decide(
    kept: Mine,
    person: Annotated[str, Form()],
    decision: Annotated[Choice, Form()],
    digest: Annotated[str, Form()],
    comment: Annotated[str, Form()] = "",
    seen: Annotated[int | None, Form()] = None,
) -> Response:
    """Write down what somebody decided on exactly this page."""
    written = {"person": person, "comment": comment}
    broken = await asyncio.to_thread(_broken, kept)
    if decision == "approved" and broken:
        return await _shown(kept, status=409, **written)  # the page itself says why
    said = {**written, "decision": decision, "digest": digest, "seen": seen}
    try:
        await asyncio.to_thread(lambda: keeping.decide(kept.id, kept.owner, **said))  # type: ignore[arg-type]
    except AdvisorError as e:
        return await _shown(kept, refused=str(e), status=409, **written)
    return RedirectResponse(f"/page/{kept.id}", status_code=303)


@router.post("/page/{page_id}/share")
async def share(
    request: Request, kept: Mine, days: Annotated[int, Form()] = 14, have: Annotated[int | None, Form()] = None
) -> Response:
    """Make a read-only link; it is shown once. A form that is sent again, as a reload does, makes no second one."""
    if have is not None and have != len(await asyncio.to_thread(keeping.shares_of, kept.id, kept.owner)):
        return RedirectResponse(f"/page/{kept.id}", status_code=303)
    try:
        token, _ = await asyncio.to_thread(lambda: keeping.share(kept.id, kept.owner, days=days))
    except AdvisorError as e:
        return await _shown(kept, refused=str(e), status=400)
    # Whole, to be sent to somebody, and never in an address that this browser remembers.
    return await _shown(kept, new_link=f"{_site(request)}/shared/{token}")


@router.post("/page/{page_id}/revoke/{share_id}")
async def revoke(kept: Mine, share_id: str) -> Response:
    """End a link."""
    await _found(keeping.revoke, share_id, kept.owner)
    return RedirectResponse(f"/page/{kept.id}", status_code=303)


@router.get("/shared/{token}")
async def shared(request: Request, token: str) -> Response:
    """The page behind a link, for whoever has it."""
    try:
        kept = await asyncio.to_thread(keeping.shared, token)
    except NotFoundError:
        return HTMLResponse(no_link(request.headers.get("accept-language", "")), status_code=404, headers=NEVER_KEPT)
    record = kept.record.redacted()
    bar = Bar(status=_status(kept), broken=await asyncio.to_thread(_broken, kept), digest=kept.digest)
    return HTMLResponse(await asyncio.to_thread(html, record, bar), headers=NEVER_KEPT)


async def _found(look: Any, *what: str) -> Any:
    try:
        return await asyncio.to_thread(look, *what)
    except NotFoundError:
        raise HTTPException(404) from None


def _site(request: Request) -> str:
    """Where this server was reached, as whoever asked wrote it."""
    scheme = "https" if request.headers.get("origin", "").startswith("https:") else request.url.scheme
    return f"{scheme}://{request.headers.get('host', request.url.netloc)}"


async def _shown(
    kept: Kept, *, refused: str = "", new_link: str = "", person: str = "", comment: str = "", status: int = 200
) -> Response:
    links = await asyncio.to_thread(keeping.shares_of, kept.id, kept.owner)
    f = Forms(kept.record.language)
    decided = tuple(
        f"{f.words['bar']['status'][d.decision]}: {d.person}, {f.moment(d.created_at)}"
        + (f". {d.comment}" if d.comment else "")
        for d in kept.decided
    )
    bar = Bar(
        status=_status(kept),
        said=decided,
        refused=_sentence(in_language(refused, f.language)),
        broken=await asyncio.to_thread(_broken, kept),
        read_only=False,
        page_id=kept.id,
        digest=kept.digest,
        can_decide=kept.status != "superseded",
        links=tuple(
            (x.id, f.moment(x.expires_at), x.revoked_at is None and x.expires_at > datetime.now(UTC)) for x in links
        ),
        new_link=new_link,
        seen=len(kept.decided),
        person=person,
        comment=comment,
        newest=await asyncio.to_thread(_newest, kept) if kept.status == "superseded" else "",
    )
    # Drawing the charts takes a while: other people's windows must not wait for it.
    return HTMLResponse(await asyncio.to_thread(html, kept.record, bar), status_code=status, headers=NEVER_KEPT)


def _beside(case: Case, other: Case, owner: str) -> str:
    now = datetime.now(UTC)
    first, second = (decision_record(c, owner=owner, now=now, language=case.language) for c in (case, other))
    return page_html(laid_beside(first, second))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _newest(kept: Kept) -> str:
    return keeping.pages_of(kept.case_id, kept.owner)[0].id


def _status(kept: Kept) -> str:
    return str(report_words(kept.record.language)["bar"]["status"][kept.status])


def _case(case_id: str, owner: str) -> Case:
    return Case.model_validate(load_case(case_id, owner).document["case"])


def _broken(kept: Kept) -> tuple[str, ...]:
    try:
        case = _case(kept.case_id, kept.owner)
    except NotFoundError:  # made from a file of facts
        case = Case(id=kept.case_id)
    return why_not_any_more(kept.record, case, datetime.now(UTC).date())
