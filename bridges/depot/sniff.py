"""What a file is by its first bytes: names and types that people send along are never believed."""

from pathlib import Path

HEAD = 4096
SAFE = "application/octet-stream"
BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic", b"msf1": "image/heic", b"avif": "image/avif",
    b"avis": "image/avif", b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
}  # fmt: skip
ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
    "image/avif": ".avif", "image/tiff": ".tif", "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm",
    "video/x-msvideo": ".avi", "audio/mp4": ".m4a", "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/flac": ".flac",
    "audio/x-wav": ".wav", "application/pdf": ".pdf", "application/ogg": ".ogg",
}  # fmt: skip


def sniff(path: Path) -> str:  # noqa: PLR0911 - one line for each type
    """The MIME type of a file, as far as it matters here; empty where it is anything else.

    `audio/ogg` is Opus in Ogg and nothing else (RFC 7845), since that is what a voice has to be.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    match head:
        case _ if head.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        case _ if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return "image/png"
        case _ if head.startswith((b"GIF87a", b"GIF89a")):
            return "image/gif"
        case _ if head.startswith((b"II*\0", b"MM\0*")):
            return "image/tiff"
        case _ if head.startswith(b"RIFF"):
            kinds = {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}
            return kinds.get(head[8:12], "")
        case _ if head[4:8] == b"ftyp":
            return BRANDS.get(head[8:12], "video/mp4")
        case _ if head.startswith(b"\x1a\x45\xdf\xa3"):
            return "video/webm"
        case _ if head.startswith(b"OggS"):
            return "audio/ogg" if b"OpusHead" in head[:512] else "application/ogg"
        case _ if head.startswith(b"fLaC"):
            return "audio/flac"
        case _ if head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):
            return "audio/mpeg"
        case _ if head.startswith(b"%PDF-"):
            return "application/pdf"
    return ""


def safe_name(name: str, type_: str, *, longest: int = 80) -> str:
    """A file's name without folders and what cannot be seen, with the ending that its type has."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*\u202e\u2066\u2067\u2068').strip(" .")
    ending = ENDINGS.get(type_, "")
    if ending and not shown.lower().endswith((ending, ".jpeg" if ending == ".jpg" else ending)):
        shown = f"{shown.rpartition('.')[0] or shown or 'file'}{ending}"
    if len(shown) > longest:
        stem, dot, tail = shown.rpartition(".")
        shown = f"{stem[: longest - len(tail) - 1]}{dot}{tail}" if dot and len(tail) < 12 else shown[:longest]
    return shown or "file"
