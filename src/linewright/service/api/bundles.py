"""`/numbers/{number}/bundle`: everything that a supporter asks for, without a secret."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from linewright.service.api.parts import InAccount, Name, TheDesk, acted, find_number, refused
from linewright.service.who import Viewer

__all__ = ["bundle_of", "router"]

router = APIRouter(prefix="/numbers", tags=["numbers"])
ZIP = "application/zip"
IS_ZIP = {"description": "The bundle.", "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/{number}/bundle",
    response_class=Response,
    responses={200: IS_ZIP, **refused(404)},
    summary="Its support bundle",
)
async def bundle(desk: TheDesk, caller: Viewer, number: Name, account: InAccount = None) -> Response:
    """A zip file: what happened, every call with its trace id, and a letter to support."""
    found = find_number(desk, number, account)
    whole = await bundle_of(desk, found.id)
    acted(desk, caller, "bundle", found.id)
    return whole


async def bundle_of(desk: TheDesk, number: str) -> Response:
    """The bundle of a number by its id, as a download; no name in it comes from the client."""
    with tempfile.TemporaryDirectory(prefix="linewright-") as folder:
        file = Path(folder) / "bundle.zip"
        await desk.linewright.bundle(number, file)
        content = file.read_bytes()
    digits = "".join(each for each in number if each in "0123456789")[:32]
    name = f'attachment; filename="linewright-{digits or "number"}.zip"'
    return Response(content, media_type=ZIP, headers={"Content-Disposition": name})
