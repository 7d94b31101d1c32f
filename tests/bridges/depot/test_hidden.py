"""Where cameras, screens and programs hide who, where and when, beyond what they say openly."""

import io
import struct
import zlib
from pathlib import Path

import mutagen
import pytest
from PIL import Image, ImageCms

from bridges.depot.colours import nameless, packed
from bridges.depot.edits import write
from bridges.depot.kinds import kind_of
from bridges.depot.worker import CLEANERS, clean
from tests.bridges.depot_files import SECRET, box, element, jpeg, mp4, riff, sample, saved, track, webm


def cleaned(data: bytes, folder: Path) -> bytes:
    write(data, CLEANERS[kind_of(data).type](data).edits, folder / "made")
    return (folder / "made").read_bytes()


def through(data: bytes, folder: Path) -> bytes:
    """The same by the worker's own job, for what has no cleaner of bytes."""
    (folder / "raw").write_bytes(data)
    clean(str(folder / "raw"), str(folder / "made"), "")
    return (folder / "made").read_bytes()


# --- colours


def screen() -> bytes:
    """The profile of a screen that says whose it is, as a screenshot holds it."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count, first = int.from_bytes(plain[128:132]), 132
    table, said = plain[132 : 132 + 12 * count], plain[132 + 12 * count :]
    moved = b"".join(struct.pack(">4sII", tag, at + 12, size) for tag, at, size in struct.iter_unpack(">4sII", table))
    own = struct.pack(">4sII", b"mmod", first + 12 * (count + 1) + len(said), 8 + len(SECRET))
    body = moved + own + said + b"mmod\0\0\0\0" + SECRET
    return struct.pack(">I", len(plain) + 12 + 8 + len(SECRET)) + plain[4:128] + struct.pack(">I", count + 1) + body


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_screen_does_not_tell_whose_it_is(form: str, tmp_path: Path) -> None:
    before = saved(form, icc_profile=screen())
    with Image.open(io.BytesIO(before)) as picture:
        assert SECRET in picture.info["icc_profile"]
    after = cleaned(before, tmp_path)
    with Image.open(io.BytesIO(after)) as picture:
        profile = picture.info["icc_profile"]
        picture.load()
    assert SECRET not in after and SECRET not in profile and len(profile) == len(screen())
    assert ImageCms.getOpenProfile(io.BytesIO(profile))


def test_a_profile_in_pieces_stays_whole(tmp_path: Path) -> None:
    large = screen() + bytes(70_000)
    before = saved("JPEG", icc_profile=struct.pack(">I", len(large)) + large[4:])
    with Image.open(io.BytesIO(cleaned(before, tmp_path))) as picture:
        profile = picture.info["icc_profile"]
    assert len(profile) == len(large) and SECRET not in profile


@pytest.mark.parametrize("profile", [b"", bytes(200), screen()[:150], screen()[:128] + b"\xff" * 200])
def test_what_is_no_profile_goes(profile: bytes, tmp_path: Path) -> None:
    assert nameless(profile) is None and packed(zlib.compress(profile)) is None
    for form in ("JPEG", "PNG", "WEBP"):
        with Image.open(io.BytesIO(cleaned(saved(form, icc_profile=profile or b"x"), tmp_path))) as picture:
            picture.load()
            assert "icc_profile" not in picture.info


def test_a_profile_that_unpacks_for_ever_is_not_unpacked() -> None:
    assert packed(zlib.compress(bytes(1 << 24))) is None and packed(b"nonsense") is None


# --- TIFF


def test_in_a_tiff_nothing_stays_that_nothing_leads_to(tmp_path: Path) -> None:
    plain = saved("TIFF", tiffinfo={42112: SECRET.decode(), 34737: SECRET.decode(), 65000: SECRET.decode()})
    before = plain + SECRET + jpeg()
    assert before.count(SECRET) > 4
    after = cleaned(before, tmp_path)
    assert SECRET not in after and b"Exif" not in after and len(after) == len(before)
    with Image.open(io.BytesIO(after)) as picture:
        assert picture.size == (48, 32) and picture.getpixel((1, 1)) == (255, 0, 0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_that_goes_in_circles_ends(order: str, tmp_path: Path) -> None:
    entry = struct.pack(order + "HHII", 330, 4, 1, 8)
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 1) + entry
    data += struct.pack(order + "I", 8) + SECRET
    assert SECRET not in cleaned(data, tmp_path)


# --- films and sound


def test_a_film_does_not_name_its_camera(tmp_path: Path) -> None:
    name = b"GoPro AVC encoder"
    entry = box(b"avc1", bytes(42), bytes([len(name)]) + name.ljust(31, b"\0"), bytes(4), box(b"avcC", b"CONFIG"))
    places = box(b"dref", bytes(4), struct.pack(">I", 1), box(b"alis", b"\0\0\0\1", b"Macintosh HD:Users:ana"))
    tables = box(
        b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), entry), box(b"stsz", struct.pack(">4I", 0, 0, 1, 6)),
        box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)), box(b"stco", struct.pack(">3I", 0, 1, 28)),
        box(b"xtra", SECRET),
    )  # fmt: skip
    media = box(
        b"mdia", box(b"hdlr", bytes(8), b"vide", bytes(12), b"DJI.AVC"),
        box(b"minf", box(b"vmhd", bytes(12)), box(b"hdlr", bytes(8), b"alis", bytes(12), SECRET),
            box(b"dinf", places), tables, box(b"uuid", SECRET)),
    )  # fmt: skip
    before = box(b"ftyp", b"isom", bytes(8)) + box(b"mdat", b"PIXELS") + box(b"moov", box(b"trak", media))
    after = cleaned(before, tmp_path)
    assert len(after) == len(before) and after.find(b"PIXELS") == 28 and b"CONFIG" in after
    assert not [word for word in (name, b"DJI", b"Users", SECRET) if word in after]


def test_sensors_in_fragments_are_refused(tmp_path: Path) -> None:
    film = mp4().removesuffix(SECRET) + box(b"moof", box(b"mfhd", bytes(8))) + box(b"mdat", SECRET)
    with pytest.raises(ValueError, match="fragments"):
        cleaned(film, tmp_path)


def test_samples_that_cannot_be_found_are_refused(tmp_path: Path) -> None:
    odd = track(b"meta", 0, 9).replace(b"stsz", b"stz2")
    with pytest.raises(ValueError, match="order"):
        cleaned(box(b"ftyp", b"isom", bytes(8)) + box(b"moov", odd), tmp_path)


def test_what_follows_a_sound_that_is_broken_off_goes(tmp_path: Path) -> None:
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    broken = riff(b"WAVE", (b"fmt ", form), (b"data", bytes(10))) + b"LIST" + struct.pack("<I", 9999) + SECRET
    assert SECRET not in cleaned(broken, tmp_path)
    endless = riff(b"WAVE", (b"fmt ", form)) + b"data\xff\xff\xff\xff" + b"SOUND"
    assert cleaned(endless, tmp_path).endswith(b"SOUND")


def test_a_webm_does_not_name_its_programs(tmp_path: Path) -> None:
    inner = webm()[len(element("1A45DFA3", element("4282", b"webm"))) + 12 :]
    about = element("1549A966", element("4D80", SECRET), element("5741", SECRET), element("BF", b"SUM!"))
    strange = element("12345678", SECRET)
    before = element("1A45DFA3", element("4282", b"webm")) + element("18538067", about, strange, inner) + SECRET
    after = cleaned(before, tmp_path)
    assert SECRET not in after and b"SUM!" not in after and b"PIXELS" in after


def test_tags_behind_tags_go(tmp_path: Path) -> None:
    size = len(SECRET) + 1
    one = b"ID3\4\0\0\0\0\0" + bytes([10 + size]) + b"TXXX\0\0\0" + bytes([size]) + b"\0\0\3" + SECRET
    after = through(one + one + sample("audio.mp3"), tmp_path)
    assert SECRET not in after and mutagen.File(io.BytesIO(after)).info.length > 0


@pytest.mark.parametrize("more", [sample("voice.ogg"), SECRET])
def test_streams_one_behind_the_other_are_refused(more: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="streams"):
        through(sample("voice.ogg") + more, tmp_path)


# --- what nobody here can clean

SEALED = {
    "bigtiff": b"II+\0", "jpeg 2000": b"\0\0\0\x0cjP  \r\n", "jpeg xl": b"\xff\x0a\xfa", "raw": b"FUJIFILMCCD-RAW \0",
    "canon": b"\0\0\0\x18ftypcrx \0\0", "asf": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "aiff": b"FORM\0\0\0\x99AIFF",
    "ogm": b"OggS" + bytes(30), "ts": (b"G" + bytes(187)) * 4, "m2ts": (b"\0\0\0\0G" + bytes(187)) * 4,
}  # fmt: skip


@pytest.mark.parametrize("name", SEALED)
def test_what_cannot_be_cleaned_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="clean"):
        through(SEALED[name] + bytes(50) + SECRET, tmp_path)


WORDS = ["The free lunch", "MAC adresses", "ID3 expliqué", "G" * 600, "RF64, un format", "II+ et 8BPS"]


@pytest.mark.parametrize("words", WORDS)
def test_words_are_words_whatever_they_begin_with(words: str, tmp_path: Path) -> None:
    assert kind_of(words.encode()).type == "text/plain"
    assert through(words.encode(), tmp_path) == words.encode()
