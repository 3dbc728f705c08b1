"""Addresses of live selling; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.live import air, chat, checking, goods, lists, moderating, planning, room, studio

app_name = "live"
urlpatterns: list[URLPattern | URLResolver] = [
    path("live", lists.sessions, name="list"),
    path("live/reminders", lists.reminders, name="reminders"),
    path("live/<slug:public_id>", room.page, name="room"),
    path("live/<slug:public_id>/ticket", chat.ticket, name="ticket"),
    path("live/<slug:public_id>/say", chat.say, name="say"),
    path("live/<slug:public_id>/report", chat.report, name="report"),
    path("live/<slug:public_id>/remind", room.remind, name="remind"),
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
    path("studio/live/<slug:public_id>/goods", goods.shelf, name="goods"),
    path("studio/live/<slug:public_id>/goods/add", goods.add, name="goods_add"),
    path("studio/live/<slug:public_id>/goods/move", goods.move, name="goods_move"),
    path("studio/live/<slug:public_id>/air", air.air, name="air"),
    path("studio/live/<slug:public_id>/desk", air.desk, name="desk"),
    path("studio/live/<slug:public_id>/deed", air.goods_deed, name="deed"),
    path("studio/live/<slug:public_id>/offer", air.offer, name="offer"),
    path("studio/live/<slug:public_id>/key", air.key, name="key"),
    path("studio/live/<slug:public_id>/end", air.end, name="end"),
    path("studio/live/<slug:public_id>/room", moderating.page, name="moderate"),
    path("studio/live/<slug:public_id>/announce", moderating.announce, name="announce"),
    path("studio/live/<slug:public_id>/slow", moderating.slow, name="slow"),
    path("studio/live/<slug:public_id>/line", moderating.line, name="line"),
    path("studio/live/<slug:public_id>/lift", moderating.lift, name="lift"),
    path("ops/live", checking.sessions, name="checks"),
    path("ops/live/<slug:public_id>", checking.session, name="check"),
    path("ops/live/<slug:public_id>/decide", checking.decide, name="decide"),
    path("county/live", checking.office, name="office"),
]
