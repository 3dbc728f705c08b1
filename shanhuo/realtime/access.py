"""Whom each hot door serves; merged with the tables of pages and API (`settings.ACCESS_TABLES`)."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "GET /hot/feed": Access.ANYONE,
    "POST /hot/signals": Access.ANYONE,
    # The token in the body says who buys; the page of the sale gave it to a signed-in buyer.
    "POST /hot/buy": Access.ANYONE,
    # The ticket says who films; the host's page gave it to whoever may direct the session.
    "POST /hot/live/take": Access.ANYONE,
    "GET /hot/live/take": Access.ANYONE,
    "PATCH /hot/live/take": Access.ANYONE,
    "DELETE /hot/live/take": Access.ANYONE,
    # Only an nginx-rtmp of ours: by its address and the secret that it was given.
    "POST /hot/live/encoder": Access.ANYONE,
}
