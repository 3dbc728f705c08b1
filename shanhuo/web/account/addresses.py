"""Where a person may be sent after signing in: to our own pages, nowhere else."""

from django.utils.http import url_has_allowed_host_and_scheme


def own_path(target: str) -> str | None:
    """`target` if it is a path of this site, else None: no host, no scheme, no `//`, no `/\\`."""
    is_path = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_path else None
