"""Posts: reading and searching them, making one, answering, and the reviewers' queue.

Films and photos travel by tus: see `/api/uploads`.
"""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api.schemas import LAST_PAGE
from shanhuo.content import queries
from shanhuo.content import services as content
from shanhuo.content.queries import PostCard
from shanhuo.content.reasons import Reason
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, idempotency
from shanhuo.people import queries as people
from shanhuo.people.access import Access
from shanhuo.regions import queries as regions

router = Router(tags=["content"])
_MAKERS = Access.CREATOR | Access.SELLER
ACCESS = {
    "GET /api/posts": Access.ANYONE,
    "GET /api/posts/{public_id}": Access.ANYONE,
    "GET /api/my/posts": Access.SIGNED_IN,
    "POST /api/posts": _MAKERS,
    "PATCH /api/posts/{public_id}": _MAKERS,
    "POST /api/posts/{public_id}/send": _MAKERS,
    "POST /api/posts/{public_id}/appeal": _MAKERS,
    "POST /api/posts/{public_id}/withdraw": _MAKERS | Access.OPERATOR,
    "GET /api/posts/{public_id}/comments": Access.ANYONE,
    "POST /api/posts/{public_id}/comments": Access.SIGNED_IN,
    "DELETE /api/comments/{public_id}": Access.SIGNED_IN,
    "PUT /api/posts/{public_id}/like": Access.SIGNED_IN,
    "DELETE /api/posts/{public_id}/like": Access.SIGNED_IN,
    "POST /api/posts/{public_id}/reports": Access.SIGNED_IN,
    "PUT /api/authors/{public_id}/follow": Access.SIGNED_IN,
    "DELETE /api/authors/{public_id}/follow": Access.SIGNED_IN,
    "GET /api/review": Access.OPERATOR,
    "POST /api/review/{public_id}/publish": Access.OPERATOR,
    "POST /api/review/{public_id}/refuse": Access.OPERATOR,
}
PAGE = 20
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 80},
}


class PageIn(Schema):
    page: int = Field(1, ge=1, le=LAST_PAGE)


class PostFilter(PageIn):
    """county: adcode; author: public id; topic: without #."""

    q: str = Field("", max_length=60)
    county: str = Field("", max_length=6)
    author: str = Field("", max_length=16)
    topic: str = Field("", max_length=30)


class PersonOut(Schema):
    id: str
    name: str


class CountyNameOut(Schema):
    code: str
    name: str


class PostOut(Schema):
    """A post in a list."""

    id: str
    kind: str = Field(description="clip | photos")
    status: str
    caption: str
    topics: list[str]
    author: PersonOut
    organisation: str
    county: CountyNameOut
    place: str
    cover: str
    duration_ms: int
    photo_count: int
    published_at: datetime | None


class FilmOut(Schema):
    """`mp4` plays everywhere; `hls` is empty until all sizes are made."""

    mp4: str
    hls: str
    small_bytes: int
    duration_ms: int
    width: int
    height: int
    has_sound: bool


class PostDetailOut(PostOut):
    """The post with its media; `problem` tells the author why a file was not taken."""

    film: FilmOut | None
    photos: list[str]
    progress_percent: int
    problem: str


class PostsOut(Schema):
    posts: list[PostOut]
    next_page: int | None


class WordsIn(Schema):
    """What the author says. Topics without #."""

    caption: str = Field("", max_length=500)
    topics: list[str] = Field(default_factory=list, max_length=20)
    place: str = Field("", max_length=60)
    product: str = Field("", max_length=16, description="Public id of a product on sale.")


class PostIn(WordsIn):
    kind: str = Field("clip", pattern="^(clip|photos)$")
    organisation: str = Field(max_length=16, description="Public id; one you belong to.")
    county: str = Field("", max_length=6, description="Adcode; empty: the organisation's county.")
    send: bool = Field(False, description="Ask for review as soon as the media are ready.")


class CommentOut(Schema):
    id: str
    author: PersonOut
    text: str
    at: datetime
    waiting: bool = Field(description="Seen by its author and the reviewers only.")


class CommentsOut(Schema):
    comments: list[CommentOut]
    next_page: int | None


class CommentIn(Schema):
    text: str = Field(min_length=1, max_length=300)


class AppealIn(Schema):
    text: str = Field(min_length=1, max_length=500)


class ReviewReasonIn(Schema):
    reason: Reason
    note: str = Field("", max_length=500)


class WaitingOut(PostOut):
    waited_minutes: int
    is_late: bool
    words_found: dict[str, str]
    look_alikes: list[str]
    appeal: str


class ReviewQueueOut(Schema):
    posts: list[WaitingOut]


@router.get("/posts", response=PostsOut, summary="Published posts, newest first")
def list_posts(
    request: HttpRequest,
    wanted: Query[PostFilter],
) -> dict[str, Any]:
    """`q` finds Chinese words of any length; other parameters narrow the list."""
    posts = queries.search(wanted.q) if wanted.q else queries.published_posts()
    if wanted.county:
        posts = posts.filter(county__adcode=wanted.county)
    if wanted.author:
        posts = posts.filter(author__public_id=wanted.author)
    if wanted.topic:
        posts = posts.filter(topics__name=wanted.topic)
    return _page(posts, wanted.page)


@router.get("/posts/{public_id}", response=PostDetailOut, summary="One post")
def read_post(request: HttpRequest, public_id: str) -> dict[str, Any]:
    return _detail(_visible(request, public_id))


@router.get("/my/posts", response=PostsOut, summary="One's own posts, drafts too")
def list_mine(request: HttpRequest, wanted: Query[PageIn]) -> dict[str, Any]:
    return _page(queries.posts_of(request.user), wanted.page)


@router.post(
    "/posts",
    response={201: PostDetailOut},
    summary="Write a draft",
    openapi_extra={"parameters": [_KEY]},
)
def create_post(request: HttpRequest, body: PostIn) -> Status[dict[str, Any]]:
    """Keep the words before any byte is sent. With an `Idempotency-Key` a retry makes no second
    draft. 403 `not_your_organisation`; 422 `too_many_topics`."""

    def write() -> str:
        return str(_draft(request, body).public_id)

    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return Status(201, _detail(_own(request, write())))
    public_id = idempotency.run(
        owner=_user(request).public_id,
        scope="content.draft",
        key=key,
        body=request.body,
        now=clock.now(),
        act=write,
    )
    return Status(201, _detail(_own(request, public_id)))


@router.patch("/posts/{public_id}", response=PostDetailOut, summary="Change a post's words")
def change_post(request: HttpRequest, public_id: str, body: WordsIn) -> dict[str, Any]:
    """409 `post_closed` once it is in review or published."""
    post = content.change_post(
        post_id=_own(request, public_id).pk,
        author=request.user,
        caption=body.caption,
        topics=body.topics,
        place_name=body.place,
        product_id=_product_id(request, body.product),
    )
    return _detail(_own(request, post.public_id))


@router.post("/posts/{public_id}/send", response=PostDetailOut, summary="Ask for publication")
def send_post(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """It waits for its media, then for a reviewer. Safe to call twice."""
    post = _own(request, public_id)
    content.send_to_review(post_id=post.pk, author=request.user, now=clock.now())
    return _detail(_own(request, public_id))


@router.post("/posts/{public_id}/appeal", response={204: None}, summary="Ask for a second look")
def appeal(request: HttpRequest, public_id: str, body: AppealIn) -> Status[None]:
    """409 `no_appeal` if it was not refused, or has had its second look."""
    post = _own(request, public_id)
    content.appeal(post_id=post.pk, author=request.user, text=body.text, now=clock.now())
    return Status(204, None)


@router.post("/posts/{public_id}/withdraw", response={204: None}, summary="Take a post down")
def withdraw_post(request: HttpRequest, public_id: str) -> Status[None]:
    post = _visible(request, public_id)
    content.withdraw_post(post_id=post.pk, by=request.user, now=clock.now())
    return Status(204, None)


@router.get("/posts/{public_id}/comments", response=CommentsOut, summary="What people say")
def list_comments(request: HttpRequest, public_id: str, wanted: Query[PageIn]) -> dict[str, Any]:
    said = queries.comments_of(_visible(request, public_id), request.user)
    found = Paginator(said, PAGE).get_page(wanted.page)
    return {
        "comments": [_comment(comment) for comment in found],
        "next_page": found.next_page_number() if found.has_next() else None,
    }


@router.post("/posts/{public_id}/comments", response={201: CommentOut}, summary="Say something")
def create_comment(request: HttpRequest, public_id: str, body: CommentIn) -> Status[dict[str, Any]]:
    """With a listed word in it, `waiting` is true: a reviewer reads it first."""
    post = _visible(request, public_id)
    said = content.comment(author=request.user, post_id=post.pk, text=body.text, now=clock.now())
    return Status(201, _comment(said))


@router.delete("/comments/{public_id}", response={204: None}, summary="Hide one's own comment")
def hide_comment(request: HttpRequest, public_id: str) -> Status[None]:
    said = queries.comments_by(request.user).filter(public_id=public_id).first()
    if said is None:
        raise Http404
    content.hide_comment(comment_id=said.pk, by=request.user, now=clock.now())
    return Status(204, None)


@router.put("/posts/{public_id}/like", response={204: None}, summary="Like")
def like(request: HttpRequest, public_id: str) -> Status[None]:
    """Safe to call twice. Counts come from signals, not from here."""
    content.like(user=request.user, post_id=_visible(request, public_id).pk, now=clock.now())
    return Status(204, None)


@router.delete("/posts/{public_id}/like", response={204: None}, summary="Take a like back")
def unlike(request: HttpRequest, public_id: str) -> Status[None]:
    content.unlike(user=request.user, post_id=_visible(request, public_id).pk)
    return Status(204, None)


@router.post("/posts/{public_id}/reports", response={204: None}, summary="Report a post")
def report(request: HttpRequest, public_id: str, body: ReviewReasonIn) -> Status[None]:
    content.report(
        reporter=request.user,
        post_id=_visible(request, public_id).pk,
        reason=body.reason,
        note=body.note,
        now=clock.now(),
    )
    return Status(204, None)


@router.put("/authors/{public_id}/follow", response={204: None}, summary="Follow an author")
def follow(request: HttpRequest, public_id: str) -> Status[None]:
    content.follow(follower=request.user, author_id=_author_id(public_id), now=clock.now())
    return Status(204, None)


@router.delete("/authors/{public_id}/follow", response={204: None}, summary="Unfollow")
def unfollow(request: HttpRequest, public_id: str) -> Status[None]:
    content.unfollow(follower=request.user, author_id=_author_id(public_id))
    return Status(204, None)


@router.get("/review", response=ReviewQueueOut, summary="Posts that wait for a reviewer")
def review_queue(request: HttpRequest) -> dict[str, Any]:
    """The longest waiting first, fifty at most."""
    now = clock.now()
    return {"posts": [_waiting(post, now=now) for post in queries.review_queue()[:50]]}


@router.post("/review/{public_id}/publish", response={204: None}, summary="Approve a post")
def publish_post(request: HttpRequest, public_id: str) -> Status[None]:
    """409 `already_decided`, `second_person_needed`."""
    post = _visible(request, public_id)
    content.publish_post(post_id=post.pk, reviewer=request.user, now=clock.now())
    return Status(204, None)


@router.post("/review/{public_id}/refuse", response={204: None}, summary="Refuse a post")
def refuse_post(request: HttpRequest, public_id: str, body: ReviewReasonIn) -> Status[None]:
    """The author reads the reason's rule and the note. 409 as for publishing."""
    post = _visible(request, public_id)
    content.refuse_post(
        post_id=post.pk,
        reviewer=request.user,
        reason=body.reason,
        note=body.note,
        now=clock.now(),
    )
    return Status(204, None)


def _user(request: HttpRequest) -> Any:
    """Signed in: the access table saw to it."""
    return request.user


def _visible(request: HttpRequest, public_id: str) -> Any:
    post = queries.posts_visible_to(request.user).filter(public_id=public_id).first()
    if post is None:
        raise Http404
    return post


def _own(request: HttpRequest, public_id: str) -> Any:
    post = queries.posts_of(request.user).filter(public_id=public_id).first()
    if post is None:
        raise Http404
    return post


def _author_id(public_id: str) -> int:
    author_id = queries.author_id_of(public_id)
    if author_id is None:
        raise Http404
    return author_id


def _product_id(request: HttpRequest, public_id: str) -> int | None:
    if not public_id:
        return None
    product = goods.products_visible_to(request.user).filter(public_id=public_id).first()
    if product is None:
        raise Http404
    return product.pk


def _draft(request: HttpRequest, body: PostIn) -> Any:
    organisation = people.publishers_of(request.user).filter(public_id=body.organisation).first()
    county = (
        regions.county_of(body.county) if body.county else getattr(organisation, "county", None)
    )
    if organisation is None:
        raise content.NotYourOrganisation
    if county is None:
        raise Http404
    return content.draft_post(
        author=request.user,
        organisation_id=organisation.pk,
        county_id=county.pk,
        kind=body.kind,
        caption=body.caption,
        topics=body.topics,
        place_name=body.place,
        product_id=_product_id(request, body.product),
        wants_review=body.send,
        now=clock.now(),
    )


def _page(posts: QuerySet[Any], page: int) -> dict[str, Any]:
    found = Paginator(posts, PAGE).get_page(page)
    return {
        "posts": [_card(card) for card in queries.cards(found)],
        "next_page": found.next_page_number() if found.has_next() else None,
    }


def _card(card: PostCard) -> dict[str, Any]:
    return {
        "id": card.public_id,
        "kind": card.kind,
        "status": card.status,
        "caption": card.caption,
        "topics": list(card.topics),
        "author": {"id": card.author_public_id, "name": card.author_name},
        "organisation": card.organisation_name,
        "county": {"code": card.adcode, "name": card.county_name},
        "place": card.place_name,
        "cover": card.cover,
        "duration_ms": card.duration_ms,
        "photo_count": card.photo_count,
        "published_at": card.published_at,
    }


def _detail(post: Any) -> dict[str, Any]:
    page = queries.page_of(post)
    return {
        **_card(page.card),
        "film": page.film,
        "photos": [photo.large for photo in page.photos],
        "progress_percent": post.progress_percent,
        "problem": post.media_problem,
    }


def _comment(said: Any) -> dict[str, Any]:
    return {
        "id": said.public_id,
        "author": {"id": said.author.public_id, "name": said.author.display_name},
        "text": said.text,
        "at": said.created_at,
        "waiting": said.status == "held",
    }


def _waiting(post: Any, *, now: datetime) -> dict[str, Any]:
    line = queries.waiting_line(post, now=now)
    return {
        **_card(queries.card_of(post)),
        "waited_minutes": int(line.waited.total_seconds() // 60),
        "is_late": line.is_late,
        "words_found": post.words_found,
        "look_alikes": [other.public_id for other in line.look_alikes],
        "appeal": line.appeal.text if line.appeal else "",
    }
