"""Resumable upload: tus 1.0.0 with creation, checksum, termination and expiration.

A piece is at most 1 MiB; when it is acknowledged it is on disk. `Upload-Metadata` names the draft
(`post`), for photos the `position` from 0, and may give a `filename` to show.
"""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from functools import wraps
from hashlib import sha1, sha256
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from ninja import Router

from shanhuo.api.schemas import RefusalOut
from shanhuo.content import limits, queries
from shanhuo.content import services as content
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people.access import Access

router = Router(tags=["uploads"])
_MAKERS = Access.CREATOR | Access.SELLER
ACCESS = {
    "GET /api/uploads": _MAKERS,
    "OPTIONS /api/uploads": _MAKERS,
    "POST /api/uploads": _MAKERS,
    "GET /api/uploads/{public_id}": _MAKERS,
    "HEAD /api/uploads/{public_id}": _MAKERS,
    "PATCH /api/uploads/{public_id}": _MAKERS,
    "DELETE /api/uploads/{public_id}": _MAKERS,
}

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
_ALGORITHMS: dict[str, Callable[..., Any]] = {"sha1": sha1, "sha256": sha256}
_CAPABILITIES = {
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,checksum,termination,expiration",
    "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
    "Tus-Max-Size": str(limits.FILM_BYTES),
}
_REFUSALS: dict[int, Any] = dict.fromkeys(
    (400, 404, 409, 412, 413, 415, 423, 429, 460, 507), RefusalOut
)
_PIECE = {
    "parameters": [
        {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}
        for name, required in (
            ("Tus-Resumable", True),
            ("Upload-Offset", True),
            ("Upload-Checksum", False),
        )
    ],
    "requestBody": {
        "required": True,
        "content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    },
}
_CREATION = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("Tus-Resumable", "Upload-Length", "Upload-Metadata")
    ]
}


class OtherVersion(Refusal):
    code = "tus_version"
    status = 412
    message = _("This server speaks tus 1.0.0.")


class BadHeader(Refusal):
    code = "bad_header"
    status = 400
    message = _("The header %(name)s is missing or wrong.")


class NotAPiece(Refusal):
    code = "not_a_piece"
    status = 415
    message = _("Pieces are sent as application/offset+octet-stream.")


class PieceTooLarge(Refusal):
    code = "piece_too_large"
    status = 413
    message = _("Send the file in pieces of at most %(bytes)s bytes.")


class ChecksumWrong(Refusal):
    code = "checksum_mismatch"
    status = 460
    message = _("The piece was damaged on its way. Send it again.")


def _tus(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Every answer, refusals too, carries the protocol's headers."""

    @wraps(view)
    def speak(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            spoken = request.headers.get("Tus-Resumable")
            if request.method != "OPTIONS" and spoken != VERSION:
                raise OtherVersion
            response = view(request, *args, **kwargs)
        except Refusal as refusal:
            response = _refused(refusal)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    return speak


def _refused(refusal: Refusal) -> HttpResponse:
    body = {"code": refusal.code, "message": str(refusal), "details": refusal.details}
    response = JsonResponse(body, status=refusal.status)
    if isinstance(refusal, OtherVersion):
        response["Tus-Version"] = VERSION
    if isinstance(refusal, content.WrongOffset):
        response["Upload-Offset"] = str(refusal.details["offset"])
    return response


@router.api_operation(
    ["OPTIONS"], "/uploads", response={204: None}, summary="What this server can do"
)
@_tus
def capabilities(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204, headers=_CAPABILITIES)


@router.get("/uploads", response={200: list[dict[str, Any]]}, summary="Uploads to go on with")
def unfinished(request: HttpRequest) -> list[dict[str, Any]]:
    """One's own unfinished uploads, from whatever device they were begun."""
    return [_state(upload) for upload in queries.unfinished_uploads(request.user, now=clock.now())]


@router.post(
    "/uploads",
    response={201: None, **_REFUSALS},
    summary="Announce a file",
    openapi_extra=_CREATION,
)
@_tus
def create(request: HttpRequest) -> HttpResponse:
    """`Location` is where the pieces go. 413 if too large, 429 beyond the quota, 507 disk full."""
    metadata = _metadata(request.headers.get("Upload-Metadata", ""))
    post = queries.posts_of(request.user).filter(public_id=metadata.get("post", "")).first()
    if post is None:
        raise content.NotYourPost
    upload = content.begin_upload(
        author=request.user,
        post_id=post.pk,
        total_bytes=_number(request, "Upload-Length"),
        position=int(metadata.get("position", "0") or "0", 10),
        name=metadata.get("filename", ""),
        now=clock.now(),
    )
    headers = {
        "Location": f"/api/uploads/{upload.public_id}",
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }
    return HttpResponse(status=201, headers=headers)


@router.api_operation(
    ["HEAD", "GET"],
    "/uploads/{public_id}",
    response={200: dict[str, Any], **_REFUSALS},
    summary="How far an upload is",
)
@_tus
def state(request: HttpRequest, public_id: str) -> HttpResponse:
    """`Upload-Offset` is the next byte to send; the body, with GET, says the same."""
    upload = content.own_upload(author=request.user, upload_id=public_id, now=clock.now())
    response = JsonResponse(_state(upload))
    response["Upload-Offset"] = str(upload.received_bytes)
    response["Upload-Length"] = str(upload.total_bytes)
    response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return response


@router.patch(
    "/uploads/{public_id}",
    response={204: None, **_REFUSALS},
    summary="Send a piece",
    openapi_extra=_PIECE,
)
@_tus
def receive(request: HttpRequest, public_id: str) -> HttpResponse:
    """204: the piece is on disk. 409 wrong offset (the right one is in the header), 423 another
    writer, 460 checksum mismatch (nothing was kept), 415 no film or photo."""
    if request.content_type != PIECE_TYPE:
        raise NotAPiece
    if len(request.body) > limits.PIECE_BYTES:
        raise PieceTooLarge(bytes=limits.PIECE_BYTES)
    _check(request.headers.get("Upload-Checksum"), request.body)
    upload = content.receive_piece(
        author=request.user,
        upload_id=public_id,
        offset=_number(request, "Upload-Offset"),
        piece=request.body,
        now=clock.now(),
    )
    if upload.finished_at:
        content.play_at_once(upload)
    headers = {
        "Upload-Offset": str(upload.received_bytes),
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }
    return HttpResponse(status=204, headers=headers)


@router.delete(
    "/uploads/{public_id}", response={204: None, **_REFUSALS}, summary="Cancel an upload"
)
@_tus
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    content.cancel_upload(author=request.user, upload_id=public_id, now=clock.now())
    return HttpResponse(status=204)


def _state(upload: Any) -> dict[str, Any]:
    return {
        "id": upload.public_id,
        "post": upload.post.public_id,
        "position": upload.position,
        "name": upload.file_name,
        "received_bytes": upload.received_bytes,
        "total_bytes": upload.total_bytes,
    }


def _number(request: HttpRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadHeader(name=name)
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """`key base64,key base64` -> texts. Raises BadHeader."""
    found = {}
    for pair in filter(None, header.split(",")):
        key, _space, value = pair.strip().partition(" ")
        try:
            found[key] = b64decode(value, validate=True).decode()
        except (NotBase64, UnicodeDecodeError) as error:
            raise BadHeader(name="Upload-Metadata") from error
    if not found.get("position", "0").isdecimal() or len(found.get("position", "0")) > 3:
        raise BadHeader(name="Upload-Metadata")
    return found


def _check(header: str | None, piece: bytes) -> None:
    """`sha256 base64`. Raises BadHeader, ChecksumWrong; no header, no check."""
    if not header:
        return
    name, _space, wanted = header.partition(" ")
    try:
        digest = b64decode(wanted, validate=True)
        algorithm = _ALGORITHMS[name]
    except (NotBase64, KeyError) as error:
        raise BadHeader(name="Upload-Checksum") from error
    if not hmac.compare_digest(algorithm(piece).digest(), digest):
        raise ChecksumWrong
