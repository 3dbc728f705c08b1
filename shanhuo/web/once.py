"""Forms that somebody may send twice."""

from collections.abc import Callable

from django import forms
from django.http import HttpRequest

from shanhuo.kernel import clock, idempotency
from shanhuo.people.actors import actor_of


def posted_once(
    request: HttpRequest, form: forms.Form, *, scope: str, act: Callable[[], str]
) -> str:
    """What `act` answers. A valid form that comes again with the same `key` gets that answer and
    acts no more."""
    owner = actor_of(request).public_id
    return str(
        idempotency.run(
            owner=owner,
            scope=f"{scope}:{owner}",
            key=request.POST.get("key", ""),
            body=repr(sorted(form.cleaned_data.items())).encode(),
            now=clock.now(),
            act=act,
        )
    )
