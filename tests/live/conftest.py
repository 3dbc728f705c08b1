"""Makers of live sessions."""

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from shanhuo.goods.models import Sku
from shanhuo.kernel import clock
from shanhuo.live.media import replay as media
from shanhuo.live.media import takes
from shanhuo.live.models import (
    Cast,
    Check,
    Explanation,
    Message,
    Penalty,
    Pin,
    Question,
    RoomMinute,
    Session,
    SessionStep,
    ShowcaseItem,
    Take,
)
from shanhuo.live.services import planning, replay
from shanhuo.live.states import CastRole, SessionKind
from shanhuo.orders import services as orders
from shanhuo.orders.models import Order
from shanhuo.people.models import Membership, Organisation, User
from tests.orders.conftest import money_for, seen_by

Maker = Callable[..., Any]
PLAYLIST = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="001-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-07-01T11:30:00.000+08:00
#EXTINF:300.000,
001-00000.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-07-01T11:35:00.000+08:00
#EXTINF:120.500,
001-00001.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="002-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-07-01T11:38:00.000+08:00
#EXTINF:600.000,
002-00000.m4s
"""
SCRIPT = "先说自己是谁，再逐样讲产地、合格证和价格构成。"


@pytest.fixture
def files(settings: Any, tmp_path: Any) -> Any:
    """Folders of one test's own."""
    settings.MEDIA_DIR, settings.PRIVATE_DIR = tmp_path / "media", tmp_path / "private"
    return tmp_path


@pytest.fixture
def make_session(lin: User, cooperative: Organisation) -> Maker:
    """Make a session of Lin's cooperative that was checked and may go on air; an `on_air` one has
    been seen. `cohosts` stand beside Lin, who keeps `share` basis points of the credit; the rest
    is theirs in equal parts."""

    def make(
        status: str = Session.Status.SCHEDULED,
        *,
        cohosts: tuple[User, ...] = (),
        share: int = 10_000,
        **fields: Any,
    ) -> Session:
        now = clock.now()
        times: dict[str, Any] = {"submitted_at": now - timedelta(hours=1), "starts_at": now}
        if status in {"on_air", "interrupted"}:
            times["on_air_at"] = now
        if status == "interrupted":
            times["interrupted_at"] = now
        session = Session.objects.create(
            organisation=cooperative,
            county=cooperative.county,
            host=lin,
            status=status,
            created_at=now - timedelta(days=1),
            **{"title": "脆李开园", **times, **fields},
        )
        _join(session, lin, CastRole.HOST, share)
        for user in cohosts:
            _join(session, user, CastRole.COHOST, (10_000 - share) // len(cohosts))
        return session

    return make


@pytest.fixture
def ended(
    files: Path,
    lin: User,
    mei: User,
    op: User,
    make_session: Maker,
    make_sku: Maker,
    noon: datetime,
) -> Session:
    """Lin sold plums for half an hour; the signal dropped once; it is over since noon."""
    began = noon - timedelta(minutes=30)
    session: Session = make_session(
        Session.Status.ENDED,
        script="先讲脆李，再答疑。",
        on_air_at=began,
        ended_at=noon,
        ended_why="host",
        keep_until=noon + timedelta(days=3 * 365 + 1),
    )
    cast = Cast.objects.get(session=session)
    Check.objects.create(session=session, checker=op, at=began, agreed=True, submitted_at=began)
    SessionStep.objects.create(session=session, before="on_air", after="ended", at=noon)
    sku = make_sku()
    item = ShowcaseItem.objects.create(
        session=session, product=sku.product, brought_by=cast, position=1, added_at=began
    )
    Pin.objects.create(item=item, price_fen=3980, pinned_at=began, ended_at=noon)
    Explanation.objects.create(
        item=item,
        started_at=began + timedelta(minutes=5),
        ended_at=began + timedelta(minutes=9),
    )
    Message.objects.create(session=session, author=mei, body="这个甜吗", at=began)
    Message.objects.create(
        session=session,
        author=mei,
        body="加微信",
        at=began,
        status="hidden",
        reason="advert",
        decided_by=lin,
        decided_at=noon,
    )
    Penalty.objects.create(
        session=session, user=mei, kind="mute", by=lin, at=noon, until=noon, reason="广告"
    )
    Question.objects.create(session=session, asker=mei, body="叶子发黄怎么办", asked_at=began)
    RoomMinute.objects.create(session=session, minute=began, joins=12, most_viewers=9, likes=140)
    for number, minutes in ((1, 10), (2, 15)):
        Take.objects.create(
            session=session,
            number=number,
            source="phone",
            container="mp4",
            started_at=began,
            last_byte_at=began + timedelta(minutes=minutes),
            received_bytes=1000,
            ended_at=noon,
            ended_why="closed",
        )
        path = takes.folder_of(session.public_id) / f"take-{number:03d}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * 2_500_000)
    return session


def _join(session: Session, user: User, role: CastRole, share: int) -> None:
    membership = Membership.objects.select_related("organisation__county").get(user=user)
    Cast.objects.create(
        session=session,
        user=user,
        role=role,
        organisation=membership.organisation,
        county=membership.organisation.county,
        share_basis_points=share,
    )


@pytest.fixture
def plan(lin, cooperative, noon: datetime) -> Maker:
    """Lin's session of tomorrow, not yet sent to the check."""

    def make(host=lin, house=cooperative, **fields) -> Session:
        values = {"kind": SessionKind.SELLING, "title": "脆李开园", "is_adult": True}
        return planning.draft(
            host=host,
            organisation_id=house.pk,
            starts_at=noon + timedelta(days=1),
            script=SCRIPT,
            now=noon,
            **{**values, **fields},
        )

    return make


@pytest.fixture
def put_goods(make_sku: Maker, noon: datetime) -> Maker:
    def put(session: Session, count: int = 1) -> None:
        for place in range(count):
            product = make_sku().product
            ShowcaseItem.objects.create(
                session=session, product=product, position=place, added_at=noon
            )

    return put


@pytest.fixture
def announced(plan: Maker, put_goods: Maker, lin, op, noon: datetime) -> Maker:
    """A session that has passed its check."""

    def make(**fields) -> Session:
        session = plan(**fields)
        put_goods(session)
        planning.submit(session_id=session.pk, by=lin, now=noon)
        planning.check(session_id=session.pk, checker=op, agreed=True, now=noon)
        session.refresh_from_db()
        return session

    return make


@pytest.fixture
def second_op(make_user: Maker, op):
    """Another operator of the same platform."""
    user = make_user("平台运营二")
    platform = Membership.objects.get(user=op).organisation
    Membership.objects.create(
        user=user, organisation=platform, role=Membership.Role.STAFF, started_at=clock.now()
    )
    return user


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A set-up and a part, as a camera gives them."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    made = tmp_path_factory.mktemp("made")
    arguments = "-v error -f lavfi -i testsrc=s=160x120:r=5:d=1 -c:v libx264 -pix_fmt yuv420p"
    hls = (
        "-f hls -hls_segment_type fmp4 -hls_fmp4_init_filename i.mp4 -hls_segment_filename s%d.m4s"
    )
    subprocess.run([program, *f"{arguments} {hls} x.m3u8".split()], cwd=made, check=True)
    return (made / "i.mp4").read_bytes(), (made / "s0.m4s").read_bytes()


@pytest.fixture
def shelf(ended, film) -> Path:
    """The shelf of the show as the studio leaves it, still without its last line."""
    folder = media.public_folder(ended.media_key)
    (folder / "top").mkdir(parents=True)
    setup, part = film
    for take in ("001", "002"):
        (folder / "top" / f"{take}-0.mp4").write_bytes(setup)
        (folder / "top" / f"{take}-00000.m4s").write_bytes(part)
    (folder / "top" / "001-00001.m4s").write_bytes(part)
    (folder / "top" / "replay.m3u8").write_text(PLAYLIST)
    return folder


@pytest.fixture
def shown(shelf, ended, noon):
    with (shelf / "top" / "replay.m3u8").open("a") as file:
        file.write("#EXT-X-ENDLIST\n")
    assert replay.make(session_id=ended.pk, now=noon)
    return ended


@pytest.fixture
def bought(ended, mei, lin, make_county, noon):
    """Mei bought three boxes in the show, got them, sent one back; the rest was settled."""
    sku = Sku.objects.get()
    source = orders.Source(session=ended.public_id)
    orders.add_to_basket(buyer=mei, sku_id=sku.pk, quantity=3, now=noon, source=source)
    home = {"recipient": "梅女士", "phone": "13900139000", "street": "解放碑 1 号"}
    county = make_county("渝中区", "500103").pk
    address = orders.keep_address(owner=mei, county_id=county, is_default=False, now=noon, **home)
    wanted, total = seen_by(mei, address, now=noon)
    orders.place_order(
        buyer=mei,
        address=address.public_id,
        wanted=wanted,
        total_seen_fen=total,
        key="0123456789",
        now=noon,
    )
    order = Order.objects.get()
    orders.take_payment(arrived=money_for(order.payment), now=noon)
    return order
