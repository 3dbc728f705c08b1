"""Everything that can happen in this room; grouped by what it happens to."""

from shanhuo.content.services.posting import (
    NotYourOrganisation as NotYourOrganisation,
)
from shanhuo.content.services.posting import (
    NotYourPost as NotYourPost,
)
from shanhuo.content.services.posting import (
    PostClosed as PostClosed,
)
from shanhuo.content.services.posting import (
    TooManyTopics as TooManyTopics,
)
from shanhuo.content.services.posting import (
    change_post as change_post,
)
from shanhuo.content.services.posting import (
    draft_post as draft_post,
)
from shanhuo.content.services.posting import (
    send_to_review as send_to_review,
)
from shanhuo.content.services.posting import (
    withdraw_post as withdraw_post,
)
from shanhuo.content.services.processing import (
    note_progress as note_progress,
)
from shanhuo.content.services.processing import (
    store_clip as store_clip,
)
from shanhuo.content.services.processing import (
    turn_media_down as turn_media_down,
)
from shanhuo.content.services.reviewing import (
    AlreadyDecided as AlreadyDecided,
)
from shanhuo.content.services.reviewing import (
    NoAppeal as NoAppeal,
)
from shanhuo.content.services.reviewing import (
    NotAReviewer as NotAReviewer,
)
from shanhuo.content.services.reviewing import (
    SecondPersonNeeded as SecondPersonNeeded,
)
from shanhuo.content.services.reviewing import (
    appeal as appeal,
)
from shanhuo.content.services.reviewing import (
    publish_post as publish_post,
)
from shanhuo.content.services.reviewing import (
    refuse_post as refuse_post,
)
