"""How much may be sent: every figure of the room's uploads, in this one place."""

from datetime import timedelta

MIB = 1024 * 1024

PIECE_BYTES = MIB
FILM_BYTES = 300 * MIB
PHOTO_BYTES = 20 * MIB
PHOTOS_PER_POST = 9

UNFINISHED_PER_PERSON = 20
UNFINISHED_BYTES_PER_PERSON = 1024 * MIB
UPLOADS_PER_DAY = 200
COMMENTS_PER_HOUR = 60
REPORTS_PER_DAY = 30

# A phone may lie in a drawer without signal over a weekend.
UPLOAD_KEPT_FOR = timedelta(days=3)
# Selling goes on when the disk is nearly full; sending films does not.
DISK_RESERVE_BYTES = 512 * MIB
# Longer than any run of ffmpeg may take.
WORK_KEPT_FOR = timedelta(hours=3)
