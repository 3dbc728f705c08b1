"""A post for everybody, what is said about it, and who made it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.content import queries
from shanhuo.content import services as content
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.moments import to_ms
from shanhuo.traffic.serving import serving
from shanhuo.traffic.sheets import Slot, seal
from shanhuo.web.content.forms import CommentForm, ReportForm
from shanhuo.web.content.rows import published_post, visible_post
from shanhuo.web.forms import form_page
from shanhuo.web.refusals import is_htmx
from shanhuo.web.viewers import viewer_of

COMMENTS = 20
TILES = 24


@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own unpublished post leads to its desk, a waiting one to its review."""
    post = visible_post(request, public_id)
    if post.status != "published":
        own = request.user.is_authenticated and post.author_id == request.user.pk
        return redirect("content:mine_post" if own else "content:review_post", public_id)
    shown = queries.page_of(post)
    today = clock.today()
    products = goods.cards_by_id([post.product_id], day=today) if post.product_id else {}
    context = {
        "post": post,
        "shown": shown,
        "product": products.get(post.product_id),
        "liked": queries.likes_it(request.user, post),
        "followed": queries.follows(request.user, post.author_id),
        "sheet": _sheet(request, post),
        "counts": _counts(post),
        **_comments(request, post),
    }
    return render(request, "web/content/post.html", context)


def _sheet(request: HttpRequest, post: Any) -> str:
    """The token that lets this page's signals count: somebody chose to open this post."""
    viewer = viewer_of(request)
    slot = Slot(ObjectKind.POST, post.pk, int(post.county.adcode), Source.CHOSEN)
    _, token = seal(
        [slot],
        viewer=viewer.key,
        surface=Surface.PROFILE,
        flags=viewer.flags,
        now_ms=to_ms(clock.now()),
    )
    return token


def _counts(post: Any) -> dict[str, int]:
    """From the counters of signals, as everywhere."""
    house = serving()
    house.bring_up_to_date(now=clock.now())
    return house.counts_of(post.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces #comments."""
    post = published_post(request, public_id)
    form = CommentForm()
    status = 200
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect("account:sign_in")
        form = CommentForm(request.POST)
        if form.is_valid():
            text = form.cleaned_data["text"]
            content.comment(author=request.user, post_id=post.pk, text=text, now=clock.now())
            form = CommentForm()
        else:
            status = 422
    if not is_htmx(request) and status == 200:
        return redirect("content:post", public_id)
    context = {"post": post, **_comments(request, post), "form": form}
    return render(request, "web/content/_comments.html", context, status=status)


@require_POST
def hide_comment(request: HttpRequest, public_id: str) -> HttpResponse:
    said = queries.comments_by(request.user).filter(public_id=public_id).first()
    if said is None:
        raise Http404
    content.hide_comment(comment_id=said.pk, by=request.user, now=clock.now())
    return redirect("content:post", said.post.public_id)


@require_POST
def like(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces the button. `on` is the state wanted."""
    post = published_post(request, public_id)
    wanted = request.POST.get("on") == "1"
    if wanted:
        content.like(user=request.user, post_id=post.pk, now=clock.now())
    else:
        content.unlike(user=request.user, post_id=post.pk)
    if not is_htmx(request):
        return redirect("content:post", public_id)
    return render(request, "web/content/_like.html", {"post": post, "liked": wanted})


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    post = published_post(request, public_id)
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        content.report(
            reporter=request.user,
            post_id=post.pk,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            now=clock.now(),
        )
        messages.success(request, _("Thank you. A reviewer will look at it."))
        return redirect("content:post", public_id)
    return form_page(request, "web/content/report.html", form, post=post)


@require_safe
def creator(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everything an author has published."""
    posts = queries.published_posts().filter(author__public_id=public_id)
    newest = posts.first()
    if newest is None:
        raise Http404
    page = Paginator(posts, TILES).get_page(request.GET.get("page"))
    context = {
        "author": newest.author,
        "newest": queries.card_of(newest),
        "page": page,
        "cards": queries.cards(page),
        "followed": queries.follows(request.user, newest.author_id),
        "follower_count": queries.follower_count(newest.author_id),
        "is_self": request.user.pk == newest.author_id,
    }
    return render(request, "web/content/creator.html", context)


@require_POST
def follow(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces the button. `on` is the state wanted."""
    author_id = queries.author_id_of(public_id)
    if author_id is None:
        raise Http404
    wanted = request.POST.get("on") == "1"
    if wanted:
        content.follow(follower=request.user, author_id=author_id, now=clock.now())
    else:
        content.unfollow(follower=request.user, author_id=author_id)
    if not is_htmx(request):
        return redirect("content:creator", public_id)
    context = {"author_public_id": public_id, "followed": wanted}
    return render(request, "web/content/_follow.html", context)


def _comments(request: HttpRequest, post: Any) -> dict[str, Any]:
    said = queries.comments_of(post, request.user)
    return {
        "comments": Paginator(said, COMMENTS).get_page(request.GET.get("page")),
        "form": CommentForm(),
    }
