"""Addresses of the content pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.content import compose, files, mine, posts, review, search

app_name = "content"
urlpatterns: list[URLPattern | URLResolver] = [
    path("post", compose.post_new, name="post_new"),
    path("mine", mine.listing, name="mine"),
    path("mine/<slug:public_id>", mine.desk, name="mine_post"),
    path("mine/<slug:public_id>/state", mine.state, name="mine_state"),
    path("mine/<slug:public_id>/words", mine.words, name="mine_words"),
    path("mine/<slug:public_id>/files", mine.add_files, name="mine_files"),
    path("mine/<slug:public_id>/send", mine.send, name="mine_send"),
    path("mine/<slug:public_id>/appeal", mine.appeal, name="mine_appeal"),
    path("mine/<slug:public_id>/withdraw", mine.withdraw, name="mine_withdraw"),
    path("likes", mine.likes, name="likes"),
    path("p/<slug:public_id>", posts.page, name="post"),
    path("p/<slug:public_id>/comments", posts.comments, name="comments"),
    path("p/<slug:public_id>/like", posts.like, name="like"),
    path("p/<slug:public_id>/report", posts.report, name="report"),
    path("comments/<slug:public_id>/hide", posts.hide_comment, name="comment_hide"),
    path("u/<slug:public_id>", posts.creator, name="creator"),
    path("u/<slug:public_id>/follow", posts.follow, name="follow"),
    path("search", search.page, name="search"),
    path("review", review.queue, name="review"),
    path("review/comments", review.comments, name="review_comments"),
    path("review/comments/<slug:public_id>", review.decide_comment, name="review_comment"),
    path("review/<slug:public_id>", review.post, name="review_post"),
    path("review/<slug:public_id>/decide", review.decide, name="review_decide"),
    path("private-media/<slug:public_id>/<str:name>", files.private_media, name="private_media"),
]
