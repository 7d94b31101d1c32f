"""What a file is, told by what it holds; and a name that fits and harms nobody."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import NamedTuple

from bridges.depot.boxes import boxes
from bridges.depot.edits import Data, number
from bridges.model import MediaKind

UNKNOWN = "application/octet-stream"
LOTTIE = "application/x-tgsticker"
_HEAD = 4096

# What a name may end in; the first one is given where it does not fit.
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"), "image/png": ("png", "apng"), "image/gif": ("gif",),
    "image/webp": ("webp",), "image/heic": ("heic", "heif", "hif"), "image/avif": ("avif",),
    "image/bmp": ("bmp", "dib"), "image/tiff": ("tiff", "tif", "dng", "cr2", "nef", "arw", "pef"),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov", "qt"), "video/3gpp": ("3gp", "3g2"), "video/webm": ("webm",),
    "video/x-matroska": ("mkv", "mka"), "video/x-msvideo": ("avi",), "video/ogg": ("ogv", "ogg"),
    "audio/mpeg": ("mp3",), "audio/ogg": ("ogg", "oga", "opus", "spx"), "audio/flac": ("flac",),
    "audio/mp4": ("m4a", "m4b", "mp4"), "audio/aac": ("aac",), "audio/wav": ("wav",), "audio/webm": ("webm", "weba"),
    "application/pdf": ("pdf",), "application/rtf": ("rtf",), LOTTIE: ("tgs",),
}  # fmt: skip
_TOLD = {ending for endings in ENDINGS.values() for ending in endings}
# Documents that are archives inside: which, only the name tells.
_ZIPPED = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation", "epub": "application/epub+zip",
}  # fmt: skip
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"), (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"), (b"%PDF-", "application/pdf"), (b"{\\rtf", "application/rtf"),
    (b"PK\x03\x04", "application/zip"), (b"\x1f\x8b\x08", "application/gzip"),
)  # fmt: skip
# What tells as much as a photo does and nobody here can clean: raw files of cameras, other containers.
_SEALED: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/x-bigtiff": ((0, b"II+\0"), (0, b"MM\0+")),
    "image/jp2": ((4, b"jP  "), (0, b"\xff\x4f\xff\x51")),
    "image/jxl": ((4, b"JXL "), (0, b"\xff\x0a")),
    "image/x-photoshop": ((0, b"8BPS"),),
    "image/x-raw": (
        (0, b"FUJIFILMCCD"), (0, b"IIRO"), (0, b"IIRS"), (0, b"MMOR"), (0, b"IIU\0"), (0, b"\0MRM"), (0, b"FOVb"),
        (6, b"HEAPCCDR"), (4, b"ftypcrx "),
    ),
    "video/x-ms-asf": ((0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),),
    "video/x-flv": ((0, b"FLV\1"),),
    "video/mpeg": ((0, b"\0\0\1\xba"),),
    "audio/aiff": ((8, b"AIFF"), (8, b"AIFC")),
    "audio/x-caf": ((0, b"caff"),),
    "audio/x-ape": ((0, b"MAC "), (0, b"wvpk"), (0, b"MPCK"), (0, b"MP+"), (0, b"TTA1")),
    "audio/x-rf64": ((0, b"RF64"), (0, b"RIFX"), (0, b"BW64")),
}  # fmt: skip
_PACKETS = ((188, 0), (192, 4))  # MPEG transport streams: how far apart the bytes 0x47 are, and where the first is
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
OGG = {
    b"OpusHead": "opus", b"\x01vorbis": "vorbis", b"\x7fFLAC": "flac", b"Speex   ": "speex", b"\x80theora": "theora",
}
_STILL = {b"heic": "image/heic", b"heix": "image/heic", b"hevc": "image/heic", b"hevx": "image/heic",
          b"heim": "image/heic", b"heis": "image/heic", b"avif": "image/avif", b"avis": "image/avif"}  # fmt: skip
_MPEG = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]", re.DOTALL)
_ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_NO_WORDS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BMP = {12, 40, 52, 56, 64, 108, 124}  # how long the second header may be


class Kind(NamedTuple):
    """A MIME type and, in Ogg, what is inside."""

    type: str
    codec: str = ""


def kind_of(data: Data, name: str = "") -> Kind:
    """What this is; `application/octet-stream` is what nothing is known of, and what a browser might run.

    The name is asked only which document an archive is.
    """
    head = bytes(data[:_HEAD])
    if _is_text(head, whole=len(data) <= _HEAD) and not head.startswith((b"%PDF-", b"{\\rtf")):
        return Kind("text/plain")  # whatever words it may begin with
    if type_ := _sealed(head):
        return Kind(type_)
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return Kind(_RIFF[head[8:12]])
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return _boxed(data, head)
    if head.startswith(b"OggS"):
        packet = head[27 + number(head, 26, "B") :]
        codec = next((codec for sign, codec in OGG.items() if packet.startswith(sign)), "")
        return Kind("video/ogg" if codec == "theora" else "audio/ogg" if codec else "video/x-ogm", codec)
    if head.startswith(b"\x1aE\xdf\xa3"):
        heard = "audio/webm" if b"A_" in head and b"V_" not in head else "video/webm"
        return Kind(heard if b"webm" in head[:64] else "video/x-matroska")
    if head.startswith(b"BM") and number(head, 14, "<I") in _BMP:
        return Kind("image/bmp")
    for sign, type_ in _SIGNS:
        if head.startswith(sign):
            zipped = _ZIPPED.get(ending_of(name)) if type_ == "application/zip" else None
            return Kind(zipped or type_)
    if _MPEG.match(head) or _ADTS.match(head):
        return Kind("audio/mpeg" if _MPEG.match(head) else "audio/aac")
    return Kind(UNKNOWN)


def _sealed(head: bytes) -> str:
    for type_, signs in _SEALED.items():
        if any(head.startswith(sign, at) for at, sign in signs):
            return type_
    return "video/mp2t" if any(head[at::step][:3] == b"GGG" for step, at in _PACKETS) else ""


def _boxed(data: Data, head: bytes) -> Kind:
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(number(head, 0, ">I"), 128), 4))]
    if head[4:8] != b"ftyp" or brands[0] == b"qt  ":
        return Kind("video/quicktime")
    if brands[0] in {*_STILL, b"mif1", b"msf1"}:
        return Kind(next((_STILL[brand] for brand in brands if brand in _STILL), "image/heic"))
    if brands[0][:3] in {b"3gp", b"3g2"}:
        return Kind("video/3gpp")
    if brands[0] in {b"M4A ", b"M4B ", b"M4P "}:
        return Kind("audio/mp4")
    seen = _handlers(data)
    return Kind("audio/mp4" if b"soun" in seen and b"vide" not in seen else "video/mp4")


def _handlers(data: Data) -> set[bytes]:
    """What the tracks of a film are."""
    seen = set()
    for movie in boxes(data, 0, len(data)):
        for track in boxes(data, movie.body, movie.end) if movie.kind == b"moov" else ():
            for media in boxes(data, track.body, track.end) if track.kind == b"trak" else ():
                for part in boxes(data, media.body, media.end) if media.kind == b"mdia" else ():
                    if part.kind == b"hdlr":
                        seen.add(bytes(data[part.body + 8 : part.body + 12]))
    return seen


def _is_text(head: bytes, *, whole: bool) -> bool:
    """Whether it is words, and not a page that a browser would open."""
    try:
        words = head.decode("utf-8-sig") if whole else head.decode("utf-8-sig", errors="ignore")
    except UnicodeDecodeError:
        return False
    lost = 0 if whole else len(head) - len(words.encode()) - 3 * head.startswith(b"\xef\xbb\xbf")
    return lost < 4 and not _NO_WORDS.search(words) and not words.lstrip().startswith("<")


# --- names

_LONGEST = 120  # bytes; both networks and every file system take more
_RISKY = re.compile(r'[<>:"|?*\\/]')


def ending_of(name: str) -> str:
    """The ending of a name, in small letters, without the dot."""
    return PurePosixPath(name).suffix[1:].lower()


def name_for(told: str, type_: str, kind: MediaKind) -> str:
    """The name without folders, control characters and tricks, with an ending that fits what the file is."""
    words = unicodedata.normalize("NFC", re.split(r"[/\\]", told)[-1])
    words = "".join(letter for letter in " ".join(words.split()) if unicodedata.category(letter)[0] != "C")
    words = _RISKY.sub("_", " ".join(words.split())).strip(". ")
    ending = ending_of(words)
    stem = words.removesuffix(f".{words.rpartition('.')[2]}").rstrip(". ") if ending else words
    fitting = ENDINGS.get(type_)
    if fitting:
        ending = ending if ending in fitting else fitting[0]
    elif ending in _TOLD or not re.fullmatch(r"[\w+-]{1,10}", ending):
        stem = words if ending and ending not in _TOLD else stem
        ending = {"text/plain": "txt", "application/zip": "zip", "application/gzip": "gz"}.get(type_, "bin")
    return f"{_short(stem, _LONGEST - len(ending.encode()) - 1) or kind}.{ending}"


def _short(words: str, limit: int) -> str:
    return words.encode()[:limit].decode(errors="ignore").strip(". ")
