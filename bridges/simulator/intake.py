"""Reading a call: query string, then a form, a multipart form with files, or JSON."""

from typing import Any

from aiohttp import BodyPartReader, web

from bridges.simulator.errors import TOO_LARGE, Refusal
from bridges.simulator.files import MEGABYTE, MOST_UP, Upload

CHUNK = 2**18
MOST = MOST_UP + MEGABYTE  # the file, and some words beside it

Json = dict[str, Any]


async def parameters(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    """What was sent, and which files; a file's parameter reads `file NAME`. Raises `Refusal` 400 and 413."""
    given: Json = dict(request.query)
    files: dict[str, Upload] = {}
    if not request.can_read_body:
        return given, files
    if (request.content_length or 0) > MOST:
        raise Refusal(413, TOO_LARGE)
    match request.content_type:
        case "application/json":
            try:
                body = await request.json()
            except ValueError:
                raise Refusal(400, "Bad Request: can't parse JSON object") from None
            if not isinstance(body, dict):
                raise Refusal(400, "Bad Request: object expected")
            given |= body
        case "multipart/form-data":
            try:
                await _multipart(request, given, files)
            except (ValueError, AssertionError):  # how aiohttp tells of a form that it cannot read
                raise Refusal(400, "Bad Request: can't parse multipart form") from None
        case _:
            given |= {name: str(value) for name, value in (await request.post()).items()}
    return given, files


async def _multipart(request: web.Request, given: Json, files: dict[str, Upload]) -> None:
    total = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytearray()
        while chunk := await part.read_chunk(CHUNK):
            total += len(chunk)
            if total > MOST:
                raise Refusal(413, TOO_LARGE)
            data += chunk
        name = part.name or ""
        if part.filename is None:
            given[name] = data.decode("utf-8", "replace")
        else:
            if len(data) > MOST_UP:
                raise Refusal(413, TOO_LARGE)
            files[name] = Upload(bytes(data), part.filename, part.headers.get("Content-Type", ""))
            given[name] = f"file {part.filename}"
