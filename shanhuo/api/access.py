"""Who may call each operation: `"GET /api/orders/{public_id}": Access.SIGNED_IN`.

Rooms add their rows in their own module as `ACCESS`; `main` refuses to start with an unlisted one.
"""

from shanhuo.api.main import access_of_all_operations
from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "GET /api/": Access.ANYONE,
    "GET /api/docs": Access.ANYONE,
    "GET /api/openapi.json": Access.ANYONE,
    **access_of_all_operations(),
}
