"""Addresses of live selling; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.live import chat, checking, lists, planning, room, studio

app_name = "live"
urlpatterns: list[URLPattern | URLResolver] = [
    path("live", lists.sessions, name="list"),
    path("live/reminders", lists.reminders, name="reminders"),
    path("live/<slug:public_id>", room.page, name="room"),
    path("live/<slug:public_id>/remind", room.remind, name="remind"),
    path("live/<slug:public_id>/ticket", chat.ticket, name="ticket"),
    path("live/<slug:public_id>/say", chat.say, name="say"),
    path("live/<slug:public_id>/report", chat.report, name="report"),
    path("studio/live", studio.sessions, name="studio"),
    path("studio/live/new", planning.new, name="plan_new"),
    path("studio/live/<slug:public_id>", planning.plan, name="plan"),
    path("studio/live/<slug:public_id>/words", planning.edit, name="plan_edit"),
    path("studio/live/<slug:public_id>/cast", planning.add_to_cast, name="cast"),
    path("studio/live/<slug:public_id>/cast/remove", planning.drop_from_cast, name="cast_remove"),
    path("studio/live/<slug:public_id>/agree", planning.agree, name="agree"),
    path("studio/live/<slug:public_id>/submit", planning.submit, name="submit"),
    path("studio/live/<slug:public_id>/take-back", planning.take_back, name="take_back"),
    path("studio/live/<slug:public_id>/cancel", planning.cancel, name="cancel"),
    path("ops/live", checking.sessions, name="checks"),
    path("ops/live/<slug:public_id>", checking.session, name="check"),
    path("ops/live/<slug:public_id>/decide", checking.decide, name="decide"),
    path("county/live", checking.office, name="office"),
]
