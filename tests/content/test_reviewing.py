"""Nothing is public before a person agreed; nobody judges alone a second time."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from shanhuo.content import queries, rules
from shanhuo.content import services as content
from shanhuo.content.media import shelf
from shanhuo.content.models import Post, Review
from shanhuo.kernel.models import FactRecord
from shanhuo.people.models import Membership
from tests.threads import at_once


@pytest.fixture
def op_two(make_user, op):

    user = make_user("第二位审核员")
    platform = Membership.objects.get(user=op).organisation
    Membership.objects.create(
        user=user, organisation=platform, started_at=Membership.objects.get(user=op).started_at
    )
    return user


def test_an_approved_post_is_public_and_told_once(make_post, noon):
    post = make_post("巫山脆李熟了", topics=("脆李",))
    fact = FactRecord.objects.get()
    assert (post.status, post.published_at) == ("published", noon)
    assert shelf.public_folder(post.media_key).is_dir()
    assert fact.kind == "content.PostPublished"
    assert fact.payload == {
        "post_id": post.pk,
        "public_id": post.public_id,
        "county": "500237",
        "author_id": post.author_id,
        "product_id": None,
        "topics": ["脆李"],
        "kind": "clip",
        "duration_ms": 15_000,
    }


def test_a_post_in_the_queue_is_nowhere_public(make_post, noon):
    post = make_post(published=False)
    assert post.status == "in_review"
    assert not shelf.public_folder(post.media_key).exists()
    assert FactRecord.objects.count() == 0


def test_a_refusal_names_its_reason_and_publishes_nothing(make_post, op, noon):
    post = make_post(published=False)
    content.refuse_post(post_id=post.pk, reviewer=op, reason="false_claim", now=noon)
    review = Review.objects.get()
    assert (review.approved, review.reason, review.look) == (False, "false_claim", 1)
    assert Post.objects.get().status == "refused"
    assert FactRecord.objects.count() == 0


def test_the_second_look_is_somebody_elses(make_post, zhao, op, op_two, noon):
    post = make_post(published=False)
    content.refuse_post(post_id=post.pk, reviewer=op, reason="unusable", now=noon)
    content.appeal(post_id=post.pk, author=zhao, text="风声大,但听得清", now=noon)
    with pytest.raises(content.SecondPersonNeeded):
        content.publish_post(post_id=post.pk, reviewer=op, now=noon)
    content.publish_post(post_id=post.pk, reviewer=op_two, now=noon)
    assert Post.objects.get().status == "published"


def test_after_the_second_look_there_is_no_third(make_post, zhao, op, op_two, noon):
    post = make_post(published=False)
    content.refuse_post(post_id=post.pk, reviewer=op, reason="unusable", now=noon)
    content.appeal(post_id=post.pk, author=zhao, text="请再看", now=noon)
    content.refuse_post(post_id=post.pk, reviewer=op_two, reason="unusable", now=noon)
    with pytest.raises(content.NoAppeal):
        content.appeal(post_id=post.pk, author=zhao, text="再再看", now=noon)


@pytest.mark.parametrize("somebody", ["mei", "zhao", "wang", "audit_person", "stranger"])
def test_only_reviewers_decide(make_post, request, somebody, noon):
    post = make_post(published=False)
    with pytest.raises(content.NotAReviewer):
        content.publish_post(post_id=post.pk, reviewer=request.getfixturevalue(somebody), now=noon)
    assert Post.objects.get().status == "in_review"


def test_two_reviewers_decide_once(make_post, op, op_two, noon):
    post = make_post(published=False)
    content.publish_post(post_id=post.pk, reviewer=op, now=noon)
    with pytest.raises(content.AlreadyDecided):
        content.refuse_post(post_id=post.pk, reviewer=op_two, reason="copy", now=noon)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_the_same_moment_publish_once(make_post, op, op_two, noon):
    post = make_post(published=False)

    def publish_as(reviewer):
        return lambda: content.publish_post(post_id=post.pk, reviewer=reviewer, now=noon)

    outcomes = at_once([publish_as(op), publish_as(op_two)])
    assert {type(outcome) for outcome in outcomes} == {type(None), content.AlreadyDecided}
    assert FactRecord.objects.filter(kind="content.PostPublished").count() == 1


def test_a_withdrawn_post_is_gone_from_everywhere(
    make_post, zhao, noon, django_capture_on_commit_callbacks
):
    post = make_post()
    with django_capture_on_commit_callbacks(execute=True):
        content.withdraw_post(post_id=post.pk, by=zhao, now=noon)
        content.withdraw_post(post_id=post.pk, by=zhao, now=noon)
    assert not shelf.public_folder(post.media_key).exists()
    assert [fact.kind for fact in FactRecord.objects.order_by("pk")] == [
        "content.PostPublished",
        "content.PostWithdrawn",
    ]


def test_attack_15_a_strangers_hand_cannot_take_a_post_down(make_post, mei, noon):
    post = make_post()
    with pytest.raises(content.NotYourPost):
        content.withdraw_post(post_id=post.pk, by=mei, now=noon)
    post.refresh_from_db()
    assert post.status == "published"


def test_the_same_film_and_a_film_that_looks_like_it_are_named(make_post, noon):
    first, second, third, other = (make_post(f"第{n}条", published=False) for n in range(4))
    Post.objects.filter(pk=first.pk).update(content_digest="a" * 64, cover_fingerprint="f0" * 8)
    Post.objects.filter(pk=second.pk).update(content_digest="a" * 64)
    Post.objects.filter(pk=third.pk).update(cover_fingerprint="f0" * 7 + "f3")
    Post.objects.filter(pk=other.pk).update(cover_fingerprint="0f" * 8)
    first.refresh_from_db()
    assert {post.pk for post in queries.look_alikes(first)} == {second.pk, third.pk}


def test_the_age_of_the_queue_is_told(make_post, noon):
    old, new = make_post(published=False), make_post(published=False)
    Post.objects.filter(pk=old.pk).update(queued_at=noon - timedelta(hours=25))
    state = queries.queue_state(now=noon)
    assert (state.waiting_count, state.late_count) == (2, 1)
    lines = [queries.waiting_line(post, now=noon) for post in queries.review_queue()]
    assert [(line.post.pk, line.is_late) for line in lines] == [(old.pk, True), (new.pk, False)]


def test_attack_17_nobody_and_the_inactive_may_nothing(make_post, zhao, op):
    post = make_post(published=False)
    for user in (None, AnonymousUser()):
        assert not rules.may_review(user)
        assert not rules.is_author(user, post)
        assert rules.speaks_for(user) == frozenset()
    zhao.is_active = op.is_active = False
    assert not rules.is_author(zhao, post)
    assert not rules.may_review(op)
    assert not rules.may_take_down(op, post)
