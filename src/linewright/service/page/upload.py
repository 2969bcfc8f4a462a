"""Forms that bring a file of numbers: it stays in memory, since it holds PINs and a disk would keep them in clear."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from linewright.service.guards import FILES, LARGEST_FILE
from linewright.service.problems import Problem
from linewright.sheet import LARGEST

__all__ = ["file_of", "form_of"]


class _InMemory(MultiPartParser):
    spool_max_size = LARGEST_FILE


async def form_of(request: Request) -> FormData:
    """The fields of a form; a file in it only where files are sent."""
    if request.url.path not in FILES or not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.form(max_files=0, max_fields=200)

    async def body() -> AsyncGenerator[bytes, None]:
        yield await request.body()

    parser = _InMemory(request.headers, body(), max_files=1, max_fields=20, max_part_size=LARGEST)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise Problem(422, "invalid", "The form cannot be read.", fix="Choose the file again and send it.") from None
    files = [value for value in form.values() if isinstance(value, UploadFile)]
    request.state.file = (files[0].filename or "", await files[0].read()) if files else ("", b"")
    await form.close()
    return FormData([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


def file_of(request: Request) -> tuple[str, bytes]:
    """The name and the content of the file that a form brought; both empty where none was chosen."""
    name, content = getattr(request.state, "file", ("", b""))
    return str(name), bytes(content)
