"""The plan of a session: its words, its cast, its goods, and the way to the check."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock, limits
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries, rules
from shanhuo.live.formats import FORMATS, format_of
from shanhuo.live.queries import CastLine
from shanhuo.live.readiness import missing_of
from shanhuo.live.services import planning
from shanhuo.live.services.planning import Part
from shanhuo.live.states import CastRole, SessionKind
from shanhuo.people import queries as people
from shanhuo.people.actors import actor_of
from shanhuo.web.forms import form_page
from shanhuo.web.live.forms import CancelForm, CastForm, PlanForm, ReasonForm, WordsForm
from shanhuo.web.live.rows import directed_session, own_session
from shanhuo.web.once import posted_once

MOST_TRIES = 30


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin with the template of a kind; a form that is sent twice plans one session."""
    houses: list[Any] = people.houses_of(request.user)
    if not houses:
        return redirect("live:studio")
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    kind = kind if kind in FORMATS else SessionKind.SELLING
    started = PlanForm.started(kind, county=houses[0].county.name)
    form = PlanForm(request.POST or None, houses=houses, initial=started)
    if form.is_valid():
        try:
            return redirect("live:plan", _drafted_once(request, form))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    shape, kinds = format_of(kind), FORMATS.values()
    return form_page(request, "web/live/plan_new.html", form, shape=shape, kinds=kinds)


@require_safe
def plan(request: HttpRequest, public_id: str) -> HttpResponse:
    return plan_page(request, own_session(request, public_id))


@require_POST
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    session = directed_session(request, public_id)
    form = WordsForm(request.POST)
    if form.is_valid():
        try:
            planning.edit(
                session_id=session.pk, by=actor_of(request), now=clock.now(), **form.words()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("live:plan", public_id)
    return plan_page(request, session, status=422, words_form=form)


@require_POST
def add_to_cast(request: HttpRequest, public_id: str) -> HttpResponse:
    """One person more. Numbers that nobody has cannot be tried out by the hundred."""
    session = directed_session(request, public_id)
    limits.take(
        scope="live.cast",
        key=actor_of(request).public_id,
        cap=MOST_TRIES,
        window=timedelta(days=1),
        now=clock.now(),
    )
    form = CastForm(request.POST)
    if form.is_valid():
        part = Part(
            user_id=form.cleaned_data["phone"].pk,
            role=CastRole(form.cleaned_data["role"]),
            share_basis_points=form.share_basis_points,
        )
        try:
            _set_cast(request, session, [*_others(session, part.user_id), part])
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("live:plan", public_id)
    return plan_page(request, session, status=422, cast_form=form)


@require_POST
def drop_from_cast(request: HttpRequest, public_id: str) -> HttpResponse:
    session = directed_session(request, public_id)
    gone = {line.user_id for line in queries.cast_of(session) if _is_named(line, request)}
    _set_cast(request, session, [part for part in _parts(session) if part.user_id not in gone])
    return redirect("live:plan", public_id)


@require_POST
def agree(request: HttpRequest, public_id: str) -> HttpResponse:
    session = own_session(request, public_id)
    planning.agree(
        session_id=session.pk,
        user=actor_of(request),
        is_adult=request.POST.get("is_adult") == "on",
        now=clock.now(),
    )
    return redirect("live:plan", public_id)


@require_POST
def submit(request: HttpRequest, public_id: str) -> HttpResponse:
    session = directed_session(request, public_id)
    planning.submit(session_id=session.pk, by=actor_of(request), now=clock.now())
    messages.success(request, _("Sent to the check. You read here what they say."))
    return redirect("live:plan", public_id)


@require_POST
def take_back(request: HttpRequest, public_id: str) -> HttpResponse:
    session = directed_session(request, public_id)
    planning.take_back(session_id=session.pk, by=actor_of(request), now=clock.now())
    return redirect("live:plan", public_id)


@require_POST
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    session, form = directed_session(request, public_id), CancelForm(request.POST)
    form.is_valid()
    try:
        planning.cancel(
            session_id=session.pk,
            by=actor_of(request),
            reason=form.cleaned_data.get("reason", ""),
            now=clock.now(),
        )
    except planning.ListedWords as refusal:
        form.add_error("reason", str(refusal))
        return plan_page(request, session, status=422, cancel_form=form)
    messages.success(request, _("The session will not take place."))
    return redirect("live:studio")


def _drafted_once(request: HttpRequest, form: PlanForm) -> str:
    actor = actor_of(request)

    def act() -> str:
        return str(planning.draft(host=actor, now=clock.now(), **form.terms()).public_id)

    return posted_once(request, form, scope="live.draft", act=act)


def plan_page(
    request: HttpRequest, session: Any, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The plan, with forms that were refused as they were typed."""
    words = {name: getattr(session, name) for name in ("title", "starts_at", "notice", "script")}
    context = {
        "session": session,
        "shape": format_of(session.kind),
        "missing": missing_of(session) if session.status == "draft" else [],
        "cast": queries.cast_of(session),
        "my_part": queries.my_part(request.user, session),
        "directs": rules.can_direct(request.user, session),
        "can_change": session.status in planning.BEFORE_AIR,
        "refusal": queries.last_refusal(session),
        "checks_missing": rules.checks_missing(session),
        "shelf": queries.desk_items(session, now=clock.now()),
        "words_form": WordsForm(initial=words),
        "cast_form": CastForm(),
        "cancel_form": CancelForm(),
        "replay": queries.replay_of(session),
        "film": queries.film_of(session),
        "reason_form": ReasonForm(),
        **forms,
    }
    return render(request, "web/live/plan.html", context, status=status)


def _set_cast(request: HttpRequest, session: Any, parts: list[Part]) -> None:
    """The host's share is what the co-hosts leave."""
    hosts = [part for part in parts if part.role == CastRole.HOST]
    others = [part for part in parts if part.role != CastRole.HOST]
    rest = planning.WHOLE - sum(part.share_basis_points for part in others)
    fitted = [*(replace(host, share_basis_points=rest) for host in hosts), *others]
    planning.set_cast(session_id=session.pk, by=actor_of(request), parts=fitted, now=clock.now())


def _parts(session: Any) -> list[Part]:
    return [
        Part(
            user_id=line.user_id,
            role=CastRole(line.role),
            organisation_id=line.organisation_id,
            share_basis_points=line.share_basis_points,
        )
        for line in queries.cast_of(session)
    ]


def _others(session: Any, user_id: int) -> list[Part]:
    return [
        part for part in _parts(session) if part.user_id != user_id or part.role == CastRole.HOST
    ]


def _is_named(line: CastLine, request: HttpRequest) -> bool:
    return line.role != CastRole.HOST and line.public_id == request.POST.get("person")
