"""One's own posts: where each of them stands, and what can be done about it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.content import queries
from shanhuo.content import services as content
from shanhuo.content.media.problems import MediaProblem
from shanhuo.content.reasons import rule_of
from shanhuo.content.services.posting import EDITABLE
from shanhuo.content.states import PostStatus
from shanhuo.kernel import clock
from shanhuo.web.content.forms import AppealForm, FilesForm, WordsForm
from shanhuo.web.content.rows import own_post
from shanhuo.web.content.sending import take_files
from shanhuo.web.refusals import is_htmx

PAGE = 20
_SAYS_WHY = ("refused", "appealed", "withdrawn")


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.posts_of(request.user), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "cards": queries.cards(page)}
    return render(request, "web/content/mine.html", context)


@require_safe
def likes(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.liked_posts(request.user), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "cards": queries.cards(page)}
    return render(request, "web/content/likes.html", context)


@require_safe
def desk(request: HttpRequest, public_id: str) -> HttpResponse:
    return _desk(request, own_post(request, public_id))


@require_safe
def state(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces #post-state while the film is prepared; then
    the page itself has changed, and is opened anew."""
    post = own_post(request, public_id)
    if is_htmx(request) and post.status != PostStatus.PROCESSING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "web/content/_post_state.html", _context(post))


@require_POST
def words(request: HttpRequest, public_id: str) -> HttpResponse:
    post = own_post(request, public_id)
    form = WordsForm(request.POST, user=request.user)
    if not form.is_valid():
        return _desk(request, post, words_form=form, status=422)
    content.change_post(
        post_id=post.pk,
        author=request.user,
        caption=form.cleaned_data["caption"],
        topics=form.cleaned_data["topics"],
        place_name=form.cleaned_data["place_name"],
        product_id=form.product_id,
    )
    messages.success(request, _("Your words are saved."))
    return redirect("content:mine_post", public_id)


@require_POST
def add_files(request: HttpRequest, public_id: str) -> HttpResponse:
    """Without script: the whole file in one request."""
    post = own_post(request, public_id)
    form = FilesForm(request.POST, request.FILES)
    if not form.is_valid():
        return _desk(request, post, files_form=form, status=422)
    take_files(post, form.cleaned_data["attached"], author=request.user)
    content.send_to_review(post_id=post.pk, author=request.user, now=clock.now())
    return redirect("content:mine_post", public_id)


@require_POST
def send(request: HttpRequest, public_id: str) -> HttpResponse:
    post = own_post(request, public_id)
    content.send_to_review(post_id=post.pk, author=request.user, now=clock.now())
    return redirect("content:mine_post", public_id)


@require_POST
def appeal(request: HttpRequest, public_id: str) -> HttpResponse:
    post = own_post(request, public_id)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _desk(request, post, appeal_form=form, status=422)
    text = form.cleaned_data["text"]
    content.appeal(post_id=post.pk, author=request.user, text=text, now=clock.now())
    messages.success(request, _("Somebody else will look again and answer you here."))
    return redirect("content:mine_post", public_id)


@require_POST
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    post = own_post(request, public_id)
    content.withdraw_post(post_id=post.pk, by=request.user, now=clock.now())
    messages.success(request, _("The post was taken down."))
    return redirect("content:mine")


def _desk(request: HttpRequest, post: Any, *, status: int = 200, **forms: Any) -> HttpResponse:
    words = {
        "caption": post.caption,
        "topics": " ".join(topic.name for topic in post.topics.all()),
        "place_name": post.place_name,
        "product": post.product.public_id if post.product else "",
    }
    context = {
        **_context(post),
        "words_form": WordsForm(initial=words, user=request.user),
        "files_form": FilesForm(),
        "appeal_form": AppealForm(),
        **forms,
    }
    return render(request, "web/content/mine_post.html", context, status=status)


def _context(post: Any) -> dict[str, Any]:
    refusal = queries.last_refusal(post) if post.status in _SAYS_WHY else None
    return {
        "post": post,
        "shown": queries.page_of(post),
        "can_change": post.status in EDITABLE,
        "wants_files": post.status == PostStatus.DRAFT and not post.media_ready,
        "problem": MediaProblem(post.media_problem).label if post.media_problem else "",
        "refusal": refusal,
        "rule": rule_of(refusal.reason) if refusal else "",
        "can_appeal": queries.can_appeal(post),
    }
