"""The room's housekeeping."""

from datetime import timedelta

from shanhuo.kernel import clock, jobs
from shanhuo.live.services import exporting, film, keeping, replay, sealing, verifying


@jobs.task()
def seal_session(session_id: int) -> None:
    sealing.seal(session_id=session_id, now=clock.now())


@jobs.every(timedelta(seconds=30))
@jobs.task()
def make_replays() -> None:
    """The studio needs a while for the last part, the more the more cameras there are."""
    now = clock.now()
    for session_id in replay.sessions_without_replay(now=now).values_list("pk", flat=True):
        if replay.make(session_id=session_id, now=now):
            cut_clips.enqueue(session_id)


@jobs.task()
def cut_clips(session_id: int) -> None:
    film.cut_clips(session_id=session_id)


@jobs.task()
def make_film(session_id: int) -> None:
    film.make(session_id=session_id)


@jobs.every(timedelta(minutes=10))
@jobs.task()
def seal_what_waits() -> None:
    """For evidence whose own job was given up, on a full disk for instance."""
    sealing.seal_what_waits(now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def note_order_news() -> None:
    sealing.note_order_news(now=clock.now())


@jobs.every(timedelta(hours=1))
@jobs.task()
def seal_news() -> None:
    for bundle_id in sealing.bundles_with_news().values_list("pk", flat=True):
        seal_supplement.enqueue(bundle_id)


@jobs.task()
def seal_supplement(bundle_id: int) -> None:
    sealing.seal_supplement(bundle_id=bundle_id, now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def verify_in_turn() -> None:
    for bundle_id in verifying.due(now=clock.now()).values_list("pk", flat=True):
        verify_bundle.enqueue(bundle_id)


@jobs.task()
def verify_bundle(bundle_id: int) -> None:
    verifying.verify_bundle(bundle_id=bundle_id, now=clock.now())


@jobs.task()
def write_export(export_id: int) -> None:
    exporting.write(export_id=export_id, now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def let_go_in_time() -> None:
    now = clock.now()
    exporting.forget_old_files(now=now)
    for session_id in keeping.sessions_to_let_go(now=now).values_list("pk", flat=True):
        keeping.let_go(session_id=session_id, now=now)
