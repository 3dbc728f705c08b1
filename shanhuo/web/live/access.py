"""Who may open each page of live selling."""

from shanhuo.people.access import Access

_WATCH = Access.OPERATOR | Access.AUDITOR

TABLE: dict[str, Access] = {
    "live:list": Access.ANYONE,
    "live:room": Access.ANYONE,
    "live:remind": Access.SIGNED_IN,
    "live:reminders": Access.SIGNED_IN,
    "live:ticket": Access.ANYONE,
    "live:say": Access.SIGNED_IN,
    "live:report": Access.SIGNED_IN,
    # Whoever may not host yet is told how to become somebody who may; rows decide the rest.
    "live:studio": Access.SIGNED_IN,
    "live:plan_new": Access.SIGNED_IN,
    "live:plan": Access.SIGNED_IN,
    "live:plan_edit": Access.SIGNED_IN,
    "live:cast": Access.SIGNED_IN,
    "live:cast_remove": Access.SIGNED_IN,
    "live:agree": Access.SIGNED_IN,
    "live:submit": Access.SIGNED_IN,
    "live:take_back": Access.SIGNED_IN,
    "live:cancel": Access.SIGNED_IN,
    "live:goods": Access.SIGNED_IN,
    "live:goods_add": Access.SIGNED_IN,
    "live:goods_move": Access.SIGNED_IN,
    "live:air": Access.SIGNED_IN,
    "live:desk": Access.SIGNED_IN,
    "live:deed": Access.SIGNED_IN,
    "live:offer": Access.SIGNED_IN,
    "live:key": Access.SIGNED_IN,
    "live:end": Access.SIGNED_IN,
    "live:moderate": Access.SIGNED_IN,
    "live:announce": Access.SIGNED_IN,
    "live:slow": Access.SIGNED_IN,
    "live:line": Access.SIGNED_IN,
    "live:lift": Access.SIGNED_IN,
    "live:checks": _WATCH,
    "live:check": _WATCH,
    "live:decide": Access.OPERATOR,
    "live:office": Access.OFFICER,
}
