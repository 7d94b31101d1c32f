"""Files as people send them, made here, each with a secret where cameras and programs put such things."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
from mutagen import id3
from PIL import Image, PngImagePlugin

from bridges.simulator.media import SAMPLES

SECRET = b"CANARY-48.8566N"  # what must never leave
SIDES = (48, 32)


def exif(*, turned: int = 1) -> bytes:
    """EXIF data with a place, a device, a name."""
    made = Image.Exif()
    made[0x0112], made[0x010F], made[0x013B] = turned, SECRET.decode(), SECRET.decode()
    made.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 29: SECRET.decode()})
    made.get_ifd(0x8769).update({0x9286: b"ASCII\0\0\0" + SECRET, 0xA430: SECRET.decode()})
    return made.tobytes()


def drawing(mode: str) -> Image.Image:
    """Red left, blue right: one sees whether it stands upright."""
    made = Image.new("RGB", SIDES, "red")
    made.paste("blue", (SIDES[0] // 2, 0, *SIDES))
    return made.convert(mode)


def saved(form: str, *, mode: str = "RGB", **more: object) -> bytes:
    drawing(mode).save(out := io.BytesIO(), form, **more)
    return out.getvalue()


def jpeg(*, turned: int = 1) -> bytes:
    """With EXIF, a comment, XMP, IPTC, and another picture behind the end, as some phones do."""
    plain = saved("JPEG", exif=exif(turned=turned), comment=SECRET)
    segments = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
        for marker, body in [
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + SECRET), (0xED, b"Photoshop 3.0\0" + SECRET),
            (0xE2, b"FPXR\0" + SECRET), (0xE9, SECRET),
        ]
    )  # fmt: skip
    return plain[:2] + segments + plain[2:] + SECRET


def png(*, mode: str = "RGBA", turned: int = 1) -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return saved("PNG", mode=mode, pnginfo=texts, exif=exif(turned=turned)) + SECRET


def webp(*, turned: int = 1) -> bytes:
    return saved("WEBP", exif=exif(turned=turned), xmp=b"<x>" + SECRET, lossless=True) + SECRET


def gif(frames: int = 3) -> bytes:
    others = [Image.new("P", SIDES, n) for n in range(1, frames)]
    return saved("GIF", mode="P", comment=SECRET, save_all=True, append_images=others, loop=0) + SECRET


def tiff() -> bytes:
    return saved("TIFF", exif=exif())


def avif() -> bytes:
    return saved("AVIF", exif=exif(), xmp=b"<x>" + SECRET)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def track(handler: bytes, chunk: int, size: int, *more: bytes) -> bytes:
    """A track of one sample, which lies at `chunk`."""
    table = box(
        b"stbl", box(b"stsd", bytes(8)), box(b"stsz", struct.pack(">4I", 0, 0, 1, size)),
        box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)), box(b"stco", struct.pack(">3I", 0, 1, chunk)),
    )  # fmt: skip
    header = struct.pack(">5I", 0, 0xDA7E, 0xDA7E, 1, 0) + bytes(20) + struct.pack(">9i", 0, 1, 0, -1, 0, 0, 0, 0, 1)
    media = box(
        b"mdia", box(b"mdhd", struct.pack(">6I", 0, 0xDA7E, 0xDA7E, 1000, 5000, 0)),
        box(b"hdlr", bytes(8), handler, bytes(13)), box(b"minf", table),
    )  # fmt: skip
    return box(b"trak", box(b"tkhd", header, struct.pack(">2I", 640 << 16, 360 << 16)), media, *more)


def mp4(brand: bytes = b"isom") -> bytes:
    """A phone's film: a place in three spellings, a track of the sensor of places, dates, and a trailer."""
    pixels, places = b"PIXELS" * 9, SECRET * 2
    start = box(b"ftyp", brand, bytes(4), b"isom")
    at = len(start) + 8
    return b"".join([
        start, box(b"mdat", pixels, places),
        box(
            b"moov", box(b"mvhd", struct.pack(">5I", 0, 0xDA7E, 0xDA7E, 1000, 5000), bytes(80)),
            track(b"vide", at, len(pixels), box(b"udta", SECRET)), track(b"meta", at + len(pixels), len(places)),
            box(b"udta", box(b"\xa9xyz", SECRET), box(b"meta", bytes(4), SECRET)),
            box(b"meta", box(b"keys", b"com.apple.quicktime.location.ISO6709", SECRET)),
        ),
        box(b"uuid", bytes(16), SECRET), box(b"free", SECRET), SECRET,
    ])  # fmt: skip


def riff(form: bytes, *parts: tuple[bytes, bytes]) -> bytes:
    body = form + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wav() -> bytes:
    sound = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)), (b"data", bytes(4000))
    return riff(b"WAVE", sound[0], (b"bext", SECRET), (b"LIST", b"INFOIART" + SECRET), sound[1], (b"id3 ", SECRET))


def avi() -> bytes:
    head = b"hdrl" + b"avih" + struct.pack("<I", 4) + bytes(4) + b"IDIT" + struct.pack("<I", 16) + SECRET + b"\0"
    return riff(b"AVI ", (b"LIST", head), (b"LIST", b"INFOIART" + SECRET), (b"LIST", b"movi0000"))


def element(id_: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes.fromhex(id_) + b"\x01" + len(body).to_bytes(7) + body


def webm() -> bytes:
    about = element(
        "1549A966", element("2AD7B1", b"\x0f\x42\x40"), element("4489", struct.pack(">d", 5000)),
        element("7BA9", SECRET), element("4461", bytes(8)),
    )  # fmt: skip
    video = element("1654AE6B", element("AE", element("86", b"V_VP9"), element("E0", element("B0", b"\x20"))))
    tags, cluster = element("1254C367", SECRET), element("1F43B675", b"PIXELS")
    return element("1A45DFA3", element("4282", b"webm")) + element("18538067", about, video, cluster, tags)


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def tagged(name: str, folder: Path) -> bytes:
    """A sample with a title, which stays, and with a comment, which does not."""
    path = folder / name
    path.write_bytes(sample(name))
    if name.endswith("mp3"):
        frames: Any = id3  # it has no types
        tags = frames.ID3()
        tags.add(frames.TIT2(encoding=3, text="Air"))
        tags.add(frames.TPE1(encoding=3, text="Bach"))
        tags.add(frames.COMM(encoding=3, lang="fra", desc="", text=SECRET.decode()))
        tags.add(frames.APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=jpeg()))
        tags.save(path)
    else:
        read: Any = mutagen.File(path)
        read["title"], read["location"] = ["Air"], [SECRET.decode()]
        read.save()
    return path.read_bytes()


PICTURES: dict[str, Callable[[], bytes]] = {
    "image/jpeg": jpeg, "image/png": png, "image/webp": webp, "image/gif": gif, "image/tiff": tiff, "image/avif": avif,
}  # fmt: skip
FILMS: dict[str, Callable[[], bytes]] = {
    "video/mp4": mp4, "video/quicktime": lambda: mp4(b"qt  "), "audio/wav": wav, "video/x-msvideo": avi,
    "video/webm": webm,
}  # fmt: skip
EVERY = PICTURES | FILMS
