"""What the depot takes out of files, and that nothing else changes; whatever strangers write, it ends."""

import io
from pathlib import Path

import mutagen
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps

from bridges.depot import sound
from bridges.depot.edits import Edit, write
from bridges.depot.kinds import UNKNOWN, kind_of, name_for
from bridges.depot.pictures import ORIENTATION
from bridges.depot.worker import CLEANERS
from bridges.model import MediaKind
from tests.bridges.depot_files import EVERY, FILMS, PICTURES, SECRET, SIDES, jpeg, mp4, png, sample, tagged, webm, webp


def cleaned(data: bytes, target: Path) -> bytes:
    write(data, CLEANERS[kind_of(data).type](data).edits, target)
    return target.read_bytes()


def pixels(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGBA")


@pytest.mark.parametrize("type_", EVERY)
def test_no_file_tells_what_it_told(type_: str, tmp_path: Path) -> None:
    before = EVERY[type_]()
    assert SECRET in before and kind_of(before).type == type_
    after = cleaned(before, tmp_path / "x")
    assert SECRET not in after and kind_of(after).type == type_
    assert cleaned(after, tmp_path / "y") == after


@pytest.mark.parametrize("type_", PICTURES)
def test_not_a_pixel_changes(type_: str, tmp_path: Path) -> None:
    before = PICTURES[type_]()
    after = cleaned(before, tmp_path / "x")
    assert ImageChops.difference(pixels(before), pixels(after)).getbbox(alpha_only=False) is None
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert getattr(old, "n_frames", 1) == getattr(new, "n_frames", 1)
        assert dict(new.getexif().get_ifd(0x8825)) == {}


@pytest.mark.parametrize("made", [jpeg, png, webp])
def test_a_picture_still_stands_upright(made: type, tmp_path: Path) -> None:
    for turned in range(1, 9):
        before = made(turned=turned)
        after = cleaned(before, tmp_path / "x")
        assert SECRET not in after
        with Image.open(io.BytesIO(after)) as picture:
            marks = dict(picture.getexif())
            assert marks == ({} if turned == 1 else {ORIENTATION: turned})
            shown = ImageOps.exif_transpose(picture)
            assert shown.size == (SIDES if turned < 5 else SIDES[::-1])
        found = CLEANERS[kind_of(before).type](before)
        assert (found.turned, found.width, found.height) == (turned, *SIDES)


def test_the_colours_of_a_picture_stay(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    for form in ("JPEG", "PNG", "WEBP"):
        Image.new("RGB", SIDES).save(out := io.BytesIO(), form, icc_profile=profile)
        with Image.open(io.BytesIO(cleaned(out.getvalue(), tmp_path / "x"))) as picture:
            kept = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
            straight = ImageCms.profileToProfile(Image.new("RGB", (1, 1), (200, 90, 40)), kept, same)
            assert straight and straight.getpixel((0, 0)) == (200, 90, 40)


@pytest.mark.parametrize("type_", FILMS)
def test_in_films_nothing_moves(type_: str, tmp_path: Path) -> None:
    before = FILMS[type_]()
    after = cleaned(before, tmp_path / "x")
    assert len(before) - len(after) in {0, len(SECRET)}  # what stood behind the end
    assert before.find(b"PIXELS") == after.find(b"PIXELS")


def test_a_film_tells_how_long_and_large_it_is_and_not_when(tmp_path: Path) -> None:
    film = CLEANERS["video/mp4"](mp4())
    assert (film.seconds, film.width, film.height) == (5, 360, 640)  # held upright
    assert b"\xda\x7e" not in cleaned(mp4(), tmp_path / "x")
    assert (CLEANERS["video/webm"](webm()).seconds, CLEANERS["video/webm"](webm()).width) == (5, 32)
    real = CLEANERS["video/mp4"](sample("video.mp4"))
    assert real.seconds > 0 and real.width and real.height


@pytest.mark.parametrize("name", ["audio.mp3", "voice.ogg"])
def test_sound_keeps_its_title(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"in-{name}"
    path.write_bytes(tagged(name, tmp_path))
    assert SECRET in path.read_bytes()
    kind = kind_of(path.read_bytes())
    assert sound.clean(path, kind.type) > 0
    assert SECRET not in path.read_bytes() and b"JFIF" not in path.read_bytes()
    read = mutagen.File(path, easy=True)
    assert read["title"] == ["Air"] and set(read.keys()) <= {"title", "artist"}


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (b"<html><script>alert(1)</script>", UNKNOWN), (b"  <svg onload=x>", UNKNOWN),
        ("Réunion à 18 h".encode(), "text/plain"), (b"\xef\xbb\xbfa;b\n", "text/plain"), (b"\0\1\2", UNKNOWN),
        ("é".encode() * 5000, "text/plain"), (b"x" + "é".encode() * 5000, "text/plain"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04...", "application/zip"), (b"", "text/plain"), (b"\xff\xfeh\0i\0", "application/octet-stream"),
        (sample("voice.ogg"), "audio/ogg"), (sample("audio.mp3"), "audio/mpeg"),
        (sample("sticker.tgs"), "application/gzip"),
    ],
)  # fmt: skip
def test_a_file_is_what_it_holds(data: bytes, type_: str) -> None:
    assert kind_of(data, "x.jpg").type == type_


def test_which_document_an_archive_is_tells_its_name() -> None:
    assert kind_of(b"PK\x03\x04", "compte rendu.ODT").type == "application/vnd.oasis.opendocument.text"
    assert kind_of(b"\xff\xd8\xff\xe0", "compte rendu.odt").type == "image/jpeg"


@pytest.mark.parametrize(
    ("told", "type_", "name"),
    [
        ("../../etc/passwd", "text/plain", "passwd.txt"), ("C:\\a\\b.jpg", "image/jpeg", "b.jpg"),
        ("photo\u202egpj.exe", "application/octet-stream", "photogpj.exe"), ("", "image/jpeg", "photo.jpg"),
        ("a.jpg", "application/octet-stream", "a.bin"), ("a.html", "application/octet-stream", "a.html"),
        ("a\r\nb\0.PNG", "image/png", "a b.png"), ("chat.jpg", "image/webp", "chat.webp"),
        ("...", "video/mp4", "photo.mp4"),
        ("v1.2 final", "application/pdf", "v1.pdf"), ("notes.csv", "text/plain", "notes.csv"),
        ("x" * 500 + ".pdf", "application/pdf", "x" * 116 + ".pdf"), ("é" * 500, "image/png", "é" * 58 + ".png"),
        ("Réunion du 3. mars", "application/octet-stream", "Réunion du 3. mars.bin"),
    ],
)  # fmt: skip
def test_a_name_is_only_a_name(told: str, type_: str, name: str) -> None:
    assert name_for(told, type_, MediaKind.PHOTO) == name


@given(st.text(max_size=300), st.sampled_from(["image/jpeg", "text/plain", "application/octet-stream", "x/y"]))
def test_any_name_is_short_and_harmless(told: str, type_: str) -> None:
    name = name_for(told, type_, MediaKind.FILE)
    assert 3 <= len(name.encode()) <= 120 and not set(name) & set('/\\<>:"|?*\0\n\r\t\u202e') and name[0] != "."
    assert name_for(name, type_, MediaKind.FILE) == name


ONE_OF_EACH = [make() for make in EVERY.values()]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file of any kind with bytes changed, put in, taken out, or broken off."""
    data = bytearray(draw(st.sampled_from(ONE_OF_EACH)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(4, max(len(data) - 1, 4)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case 1:
                data[at : at + 4] = draw(st.sampled_from([b"\xff" * 4, bytes(4), b"\0\0\0\1", b"\x7f\xff\xff\xff"]))
            case 2:
                del data[at : at + draw(st.integers(1, 200))]
            case _:
                data[at:at] = data[: draw(st.integers(1, 100))]
    return bytes(data)


@given(damaged())
def test_whatever_is_damaged_can_still_be_cleaned(data: bytes) -> None:
    for clean in CLEANERS.values():
        try:
            found = clean(data)
        except ValueError:  # it is refused
            continue
        assert all(0 <= edit.start <= edit.end for edit in found.edits)


def test_a_million_tiny_blocks_take_no_memory() -> None:
    data = b"\xff\xd8" + b"\xff\xfe\0\2" * 1_000_000 + b"\xff\xd9"
    assert len(CLEANERS["image/jpeg"](data).edits) == 1


def test_edits_that_overlap_do_no_harm(tmp_path: Path) -> None:
    edits = [Edit(2, 6, None), Edit(4, 8, None), Edit(5, 7, b"xxx"), Edit(9, 99, b"")]
    write(b"0123456789", edits, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"01\0\0\0\0\0\x008"
