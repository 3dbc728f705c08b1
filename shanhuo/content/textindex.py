"""By which words posts are found."""

from shanhuo.content.models import Post
from shanhuo.kernel.textindex import TextIndex

POST_TEXT = TextIndex("content_post_text")


def texts_of(post: Post) -> list[str]:
    """Everything a reader would say about the post: its words, place, goods and author."""
    texts = [post.caption, post.place_name, post.county.name, post.organisation.name]
    texts += [topic.name for topic in post.topics.all()]
    if post.product:
        texts.append(post.product.title)
    return texts
