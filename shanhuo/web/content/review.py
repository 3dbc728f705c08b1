"""The reviewers' desk: what waits, what is known about it, and the decision."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.content import queries
from shanhuo.content import services as content
from shanhuo.content.reasons import Reason
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.web.content.forms import DecisionForm
from shanhuo.web.content.rows import visible_post
from shanhuo.web.desks import Todo

PAGE = 20


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The longest waiting first, with the age that the promise of 24 hours is measured by."""
    now = clock.now()
    page = Paginator(queries.review_queue(), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [queries.waiting_line(post, now=now) for post in page],
        "state": queries.queue_state(now=now),
        "reported": queries.reported_posts()[:PAGE],
    }
    return render(request, "web/content/review.html", context)


@require_safe
def post(request: HttpRequest, public_id: str) -> HttpResponse:
    return _page(request, visible_post(request, public_id), DecisionForm())


@require_POST
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    row = visible_post(request, public_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    now = clock.now()
    if form.cleaned_data["decision"] == DecisionForm.REFUSE:
        _refuse(request, row, form)
        messages.success(request, _("Not approved; the author reads the reason."))
    elif row.status == "published":
        content.dismiss_reports(post_id=row.pk, reviewer=request.user, now=now)
        messages.success(request, _("It stays; the reports are settled."))
    else:
        content.publish_post(post_id=row.pk, reviewer=request.user, now=now)
        messages.success(request, _("Published."))
    return redirect("content:review")


@require_safe
def comments(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.held_comments(), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "reasons": Reason.choices}
    return render(request, "web/content/review_comments.html", context)


@require_http_methods(["POST"])
def decide_comment(request: HttpRequest, public_id: str) -> HttpResponse:
    said = queries.held_comments().filter(public_id=public_id).first()
    if said is None:
        raise Http404
    reason = request.POST.get("reason", "")
    if reason in Reason:
        content.hide_comment(comment_id=said.pk, by=request.user, reason=reason, now=clock.now())
    else:
        content.show_comment(comment_id=said.pk, reviewer=request.user, now=clock.now())
    return redirect("content:review_comments")


def todos() -> list[Todo]:
    """What waits for a reviewer, for the front page of the desk."""
    state = queries.queue_state(now=clock.now())
    return [
        Todo(state.waiting_count, _("Posts to review"), reverse("content:review"), "eye"),
        Todo(
            state.comment_count,
            _("Comments to read"),
            reverse("content:review_comments"),
            "comment",
        ),
        Todo(state.report_count, _("Reported posts"), reverse("content:review"), "alert"),
    ]


def _refuse(request: HttpRequest, row: Any, form: DecisionForm) -> None:
    """A waiting post is refused; one that was published is taken down."""
    if row.status == "published":
        content.withdraw_post(
            post_id=row.pk,
            by=request.user,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            now=clock.now(),
        )
        return
    content.refuse_post(
        post_id=row.pk,
        reviewer=request.user,
        reason=form.cleaned_data["reason"],
        note=form.cleaned_data["note"],
        now=clock.now(),
    )


def _page(request: HttpRequest, row: Any, form: DecisionForm, *, status: int = 200) -> HttpResponse:
    products = goods.cards_by_id([row.product_id], day=clock.today()) if row.product_id else {}
    context = {
        "line": queries.waiting_line(row, now=clock.now()),
        "post": row,
        "shown": queries.page_of(row),
        "product": products.get(row.product_id),
        "form": form,
        "history": row.reviews.select_related("reviewer").order_by("-pk"),
        "reports": queries.open_reports_of(row),
        "words": [(word, Reason(reason).label) for word, reason in row.words_found.items()]
        if row.words_found
        else [],
    }
    return render(request, "web/content/review_post.html", context, status=status)
