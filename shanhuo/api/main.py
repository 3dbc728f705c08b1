"""The API object: mounts every room's router, speaks refusals, documents errors everywhere."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Swagger
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

import shanhuo
import shanhuo.api
from shanhuo.api.schemas import RefusalOut
from shanhuo.kernel.errors import Refusal
from shanhuo.people.access import Access

_ERRORS = {
    "400": "The body is not JSON.",
    "401": "Sign in, or send a token.",
    "403": "Your account may not do this.",
    "404": "Not there, or not yours to see.",
    "409": "Refused as things stand: see `code`; nothing was changed.",
    "410": "It was good once: a code or link that has ended.",
    "422": "Malformed input: `details.fields` names each field.",
    "429": "Too many attempts; wait.",
}
_SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "As in the browser; writing needs the `X-CSRFToken` header too.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "Made at `/settings/token`."},
}


class ShanhuoAPI(NinjaAPI):
    """NinjaAPI whose document tells, for every operation, whom it serves and how it refuses."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**kwargs)
        components = document.setdefault("components", {})
        components.setdefault("securitySchemes", {}).update(_SECURITY)
        components.setdefault("schemas", {})["RefusalOut"] = RefusalOut.json_schema()
        table = access_of_all_operations()
        for path, operations in document["paths"].items():
            for verb, operation in operations.items():
                self._complete(operation, wanted=table[f"{verb.upper()} {path}"])
        return document

    @staticmethod
    def _complete(operation: dict[str, Any], *, wanted: Access) -> None:
        open_to_all = Access.ANYONE in wanted
        schema = {"$ref": "#/components/schemas/RefusalOut"}
        content = {"application/json": {"schema": schema}}
        for status, description in _ERRORS.items():
            known = {str(code) for code in operation["responses"]}
            if status not in known and not (open_to_all and status in ("401", "403")):
                operation["responses"][status] = {"description": description, "content": content}
        operation["security"] = [] if open_to_all else [{"session": []}, {"token": []}]
        operation["x-serves"] = [str(role.name).lower() for role in Access if role in wanted]


api = ShanhuoAPI(
    title="Shanhuo 山货",
    version=shanhuo.__version__,
    description="Content commerce for rural revitalisation. Amounts are whole fen (1/100 yuan).",
    urls_namespace="api",
    # The address bar stays ours: no try-it requests to other hosts, no external validator badge.
    docs=Swagger(settings={"validatorUrl": None, "persistAuthorization": False}),
)


def rooms() -> Iterator[ModuleType]:
    """The modules of this package that bring a `router`, by name."""
    for found in iter_modules(shanhuo.api.__path__):
        if found.name not in ("main", "access", "apps", "schemas", "middleware"):
            module = import_module(f"shanhuo.api.{found.name}")
            if hasattr(module, "router"):
                yield module


def access_of_all_operations() -> dict[str, Access]:
    """The rooms' access rows. A room without `ACCESS` fails here, at start."""
    return {key: access for room in rooms() for key, access in room.ACCESS.items()}


@api.exception_handler(Refusal)
def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return _answer(refusal.status, refusal.code, str(refusal), refusal.details)


@api.exception_handler(ValidationError)
def refuse_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        {"field": ".".join(str(part) for part in problem["loc"][1:]), "problem": problem["msg"]}
        for problem in error.errors
    ]
    return _answer(422, "invalid", _("Some fields are missing or wrong."), {"fields": fields})


@api.exception_handler(HttpError)
def refuse_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(error.status_code, "bad_request", str(error), {})


@api.exception_handler(Http404)
def refuse_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(404, "not_found", _("Nothing is here."), {})


def _answer(status: int, code: str, message: str, details: dict[str, Any]) -> HttpResponse:
    body = {"code": code, "message": message, "details": details}
    return JsonResponse(body, status=status)


for _room in rooms():
    api.add_router("", _room.router)
