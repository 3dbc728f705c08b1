"""Twelve short clips of Lin's, through the services, for tests that only watch. Run inside the
platform that `house` opens."""

import os
import subprocess

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
django.setup()

import imageio_ffmpeg  # noqa: E402

from shanhuo.content import services as content  # noqa: E402
from shanhuo.content.media import shelf  # noqa: E402
from shanhuo.content.models import Post  # noqa: E402
from shanhuo.kernel import clock  # noqa: E402
from shanhuo.people.models import Membership, Organisation  # noqa: E402

COUNT = 12
FILM = "testsrc2=size=240x426:rate=12:duration=3"
TONE = "sine=duration=3"


def member(kind: str) -> Membership:
    return Membership.objects.select_related("organisation").get(organisation__kind=kind)


def post_one(number: int) -> None:
    owner, now = member(Organisation.Kind.MERCHANT), clock.now()
    post = content.draft_post(
        author=owner.user,
        organisation_id=owner.organisation_id,
        county_id=owner.organisation.county_id,
        kind=Post.Kind.CLIP,
        caption=f"第 {number} 条：脆李熟了",
        topics=(),
        product_id=None,
        wants_review=True,
        now=now,
    )
    folder = shelf.private_folder(post.media_key)
    folder.mkdir(parents=True)
    film = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi", "-i", FILM]
    film += ["-f", "lavfi", "-i", TONE, "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run([*film, str(folder / "480p.mp4")], check=True)
    cover = [film[0], "-loglevel", "error", "-i", str(folder / "480p.mp4"), "-frames:v", "1"]
    for name in ("cover.webp", "cover.jpg"):
        subprocess.run([*cover, str(folder / name)], check=True)
    (folder / "master.m3u8").write_text("#EXTM3U\n")
    content.store_clip(
        post_id=post.pk,
        duration_ms=3_000,
        width=240,
        height=426,
        has_sound=True,
        rungs=["480p"],
        content_digest="",
        cover_fingerprint="",
        now=now,
    )
    content.publish_post(post_id=post.pk, reviewer=member("platform").user, now=now)


if __name__ == "__main__":
    for number in range(COUNT):
        post_one(number + 1)
