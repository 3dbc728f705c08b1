"""Everything that can happen in this room; grouped by what it happens to."""

from shanhuo.content.services.posting import (
    NotYourOrganisation,
    NotYourPost,
    PostClosed,
    TooManyTopics,
    change_post,
    draft_post,
    send_to_review,
    withdraw_post,
)
from shanhuo.content.services.preparing import play_at_once, prepare
from shanhuo.content.services.processing import (
    note_progress,
    store_clip,
    store_photo,
    turn_media_down,
)
from shanhuo.content.services.reviewing import (
    AlreadyDecided,
    NoAppeal,
    NotAReviewer,
    SecondPersonNeeded,
    appeal,
    publish_post,
    refuse_post,
)
from shanhuo.content.services.tidying import park_failed_posts, tidy_files
from shanhuo.content.services.uploading import (
    NoSuchUpload,
    StorageFull,
    TooManyBytes,
    TooManyUploads,
    UploadBusy,
    WrongOffset,
    begin_upload,
    cancel_upload,
    forget_expired_uploads,
    own_upload,
    receive_piece,
)

__all__ = [
    "AlreadyDecided",
    "NoAppeal",
    "NoSuchUpload",
    "NotAReviewer",
    "NotYourOrganisation",
    "NotYourPost",
    "PostClosed",
    "SecondPersonNeeded",
    "StorageFull",
    "TooManyBytes",
    "TooManyTopics",
    "TooManyUploads",
    "UploadBusy",
    "WrongOffset",
    "appeal",
    "begin_upload",
    "cancel_upload",
    "change_post",
    "draft_post",
    "forget_expired_uploads",
    "note_progress",
    "own_upload",
    "park_failed_posts",
    "play_at_once",
    "prepare",
    "publish_post",
    "receive_piece",
    "refuse_post",
    "send_to_review",
    "store_clip",
    "store_photo",
    "tidy_files",
    "turn_media_down",
    "withdraw_post",
]
