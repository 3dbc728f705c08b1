"""A new post: the words are saved first, then the bytes follow, however slowly."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from shanhuo.content import services as content
from shanhuo.content.states import PostKind
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, idempotency
from shanhuo.people import queries as people
from shanhuo.web.content.forms import PostForm
from shanhuo.web.content.rows import own_post, user_of
from shanhuo.web.content.sending import take_files


@require_http_methods(["GET", "HEAD", "POST"])
def post_new(request: HttpRequest) -> HttpResponse:
    """With script the answer is JSON, and the page of the draft then sends the files."""
    if not people.publishers_of(request.user).exists():
        return render(request, "web/content/not_a_creator.html", status=403)
    if request.method != "POST":
        return _page(request, PostForm(user=request.user, initial=_initial(request)))
    form = PostForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _page(request, form, status=422)
    post = own_post(request, _draft_once(request, form))
    address = reverse("content:mine_post", args=[post.public_id])
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"post": post.public_id, "address": address}, status=201)
    if form.cleaned_data["attached"]:
        take_files(post, form.cleaned_data["attached"], author=request.user)
        content.send_to_review(post_id=post.pk, author=request.user, now=clock.now())
    return redirect(address)


def _page(request: HttpRequest, form: PostForm, *, status: int = 200) -> HttpResponse:
    return render(request, "web/content/post_new.html", {"form": form}, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """`?product=` and `?topic=` lead here from a product's page and a topic."""
    asked = request.GET.get("product", "")[:16]
    known = goods.products_visible_to(request.user).filter(public_id=asked).first()
    return {
        "product": known.public_id if known else "",
        "topics": request.GET.get("topic", "")[:30],
    }


def _draft_once(request: HttpRequest, form: PostForm) -> str:
    """Public id of the draft; a form that is sent again makes no second one."""

    def write() -> str:
        organisation, words = form.organisation_row, form.cleaned_data
        post = content.draft_post(
            author=request.user,
            organisation_id=organisation.pk,
            county_id=organisation.county_id,
            kind=words["kind"],
            caption=words["caption"],
            topics=words["topics"],
            place_name=words["place_name"],
            product_id=form.product_id,
            # Photos come one by one: only their sender knows which is the last.
            wants_review=words["kind"] == PostKind.CLIP,
            now=clock.now(),
        )
        return str(post.public_id)

    said = [form.cleaned_data[name] for name in ("organisation", "kind", "caption", "topics")]
    return str(
        idempotency.run(
            owner=user_of(request).public_id,
            scope="content.draft",
            key=form.cleaned_data["key"],
            body=repr(said).encode(),
            now=clock.now(),
            act=write,
        )
    )
