"""Who may open each content page."""

from shanhuo.people.access import Access

_MAKERS = Access.CREATOR | Access.SELLER

TABLE: dict[str, Access] = {
    # Whoever may not post yet is told how to become somebody who may.
    "content:post_new": Access.SIGNED_IN,
    "content:mine": Access.SIGNED_IN,
    "content:mine_post": Access.SIGNED_IN,
    "content:mine_state": Access.SIGNED_IN,
    "content:mine_words": _MAKERS,
    "content:mine_files": _MAKERS,
    "content:mine_send": _MAKERS,
    "content:mine_appeal": Access.SIGNED_IN,
    "content:mine_withdraw": Access.SIGNED_IN,
    "content:likes": Access.SIGNED_IN,
    "content:post": Access.ANYONE,
    "content:comments": Access.ANYONE,
    "content:like": Access.SIGNED_IN,
    "content:report": Access.SIGNED_IN,
    "content:comment_hide": Access.SIGNED_IN,
    "content:creator": Access.ANYONE,
    "content:follow": Access.SIGNED_IN,
    "content:search": Access.ANYONE,
    "content:review": Access.OPERATOR,
    "content:review_comments": Access.OPERATOR,
    "content:review_comment": Access.OPERATOR,
    "content:review_post": Access.OPERATOR,
    "content:review_decide": Access.OPERATOR,
    # The row decides: its author, and the reviewers.
    "content:private_media": Access.SIGNED_IN,
}
