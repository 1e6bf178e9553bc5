"""Every odd file that a visitor may upload, made here: a picture, or one sentence."""

import re
import signal
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.experiments.images import MAX_BYTES, PictureError, decode, helper
from tests.experiments import picture_attacks
from tests.experiments.picture_attacks import ATTACKS, saved


def photograph(width: int = 90, height: int = 60, mode: str = "RGB") -> Image.Image:
    ramp = np.linspace(0, 255, width * height * 3).reshape(height, width, 3).astype(np.uint8)
    return Image.fromarray(ramp).convert(mode)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data) & 0xFFFFFFFF)
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def sentence(data: bytes, name: str = "x.png") -> str:
    with pytest.raises(PictureError) as caught:
        decode(data, name)
    words = str(caught.value)
    assert words.startswith(f"`{name!r}` ") and words.endswith(".") and "\n" not in words
    return words


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_usual_formats_become_rgb(kind: str) -> None:
    picture = decode(saved(photograph(), kind))
    assert (picture.image.mode, picture.image.size) == ("RGB", (90, 60))
    assert (picture.format, picture.size) == (kind, (90, 60))
    assert picture.notes == ()
    assert picture.seconds > 0


def test_truncated_jpeg() -> None:
    data = saved(photograph(900, 600), "JPEG")
    assert "damaged or cut short" in sentence(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_cut_files_never_raise_anything_else(kind: str, share: float) -> None:
    data = saved(photograph(300, 200), kind)
    try:
        picture = decode(data[: int(len(data) * share)], "x")
    except PictureError:
        return
    assert picture.image.mode == "RGB"


def test_damaged_bytes_never_raise_anything_else() -> None:
    generator = np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        whole = saved(photograph(64, 64), kind)
        for _ in range(40):
            broken = bytearray(whole)
            for place in generator.integers(0, len(broken), 6):
                broken[place] = generator.integers(0, 256)
            try:
                assert decode(bytes(broken), "x").image.mode == "RGB"
            except PictureError as error:
                assert str(error).startswith("`'x'` ")


def test_text_named_png() -> None:
    assert "not a picture" in sentence(b"Dear sir or madam, this is a letter." * 20)


def test_empty_file() -> None:
    assert "empty" in sentence(b"")


@pytest.mark.parametrize("data", [b"%PDF-1.7 ...", b"<svg xmlns='x'></svg>", b"\x00" * 400])
def test_other_formats(data: bytes) -> None:
    said = sentence(data)
    assert all(kind in said for kind in ("JPEG", "PNG", "WebP", "AVIF", "GIF", "BMP", "TIFF"))


def test_photographs_of_telephones_in_heic() -> None:
    assert "HEIC" in sentence(b"\x00\x00\x00\x18ftypheic" + b"\x00" * 100, "IMG_1.HEIC")


def test_bomb_is_refused_by_its_header() -> None:
    words = sentence(png_header(30_000, 30_000))
    assert "900 million pixels" in words and "50 million" in words


def test_limit_between_pillows_warning_and_ours() -> None:
    assert "60 million pixels (6,000 × 10,000)" in sentence(png_header(6_000, 10_000))


def test_too_many_bytes() -> None:
    assert "at most 20 MB" in sentence(b"\0" * (MAX_BYTES + 1))


def test_one_pixel() -> None:
    picture = decode(saved(Image.new("RGB", (1, 1), (9, 8, 7)), "PNG"))
    assert picture.image.getpixel((0, 0)) == (9, 8, 7)


def test_extreme_strip_keeps_its_middle() -> None:
    strip = Image.new("RGB", (20_000, 2), "red")
    strip.paste("blue", (9_990, 0, 10_010, 2))
    picture = decode(saved(strip, "PNG"))
    assert picture.image.size == (16, 2) and picture.size == (20_000, 2)
    assert picture.image.getpixel((8, 0)) == (0, 0, 255)
    assert "middle" in picture.notes[0]


def test_cmyk() -> None:
    red = Image.new("CMYK", (20, 20), (0, 255, 255, 0))
    picture = decode(saved(red, "JPEG"))
    r, g, b = picture.image.getpixel((10, 10))
    assert r > 200 and g < 60 and b < 60
    assert "CMYK" in picture.notes[0]


def test_sixteen_bits() -> None:
    values = np.array([[0, 257 * 100], [257 * 200, 65_535]], dtype=np.uint16)
    picture = decode(saved(Image.fromarray(values), "PNG"))
    assert [picture.image.getpixel(p)[0] for p in [(0, 0), (1, 0), (0, 1), (1, 1)]] == [
        0,
        100,
        200,
        255,
    ]
    assert "16 bits" in picture.notes[0]


def test_floats_are_stretched() -> None:
    values = np.array([[-1.0, 0.0], [np.nan, 3.0]], dtype=np.float32)
    picture = decode(saved(Image.fromarray(values), "TIFF"))
    assert picture.image.getpixel((0, 0))[0] == 0 and picture.image.getpixel((1, 1))[0] == 255
    assert "stretched" in picture.notes[0]


def test_palette_with_transparency_goes_on_white() -> None:
    image = Image.new("P", (4, 1), 0)
    image.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    image.putpixel((1, 0), 1)
    picture = decode(saved(image, "PNG", transparency=0))
    assert picture.image.getpixel((0, 0)) == (255, 255, 255)
    assert picture.image.getpixel((1, 0)) == (0, 0, 255)
    assert "white" in picture.notes[0]


def test_half_transparent_pixels_mix_with_white() -> None:
    picture = decode(saved(Image.new("RGBA", (2, 2), (0, 0, 0, 128)), "PNG"))
    assert picture.image.getpixel((0, 0))[0] == pytest.approx(127, abs=1)


def test_opaque_alpha_says_nothing() -> None:
    assert decode(saved(Image.new("RGBA", (2, 2), (1, 2, 3, 255)), "PNG")).notes == ()


def test_animated_gif_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    picture = decode(data)
    assert picture.image.getpixel((4, 4)) == (255, 0, 0)
    assert "first one" in picture.notes[0]


@pytest.mark.parametrize(("orientation", "corner"), [(3, (29, 19)), (6, (19, 0)), (8, (0, 29))])
def test_exif_orientation(orientation: int, corner: tuple[int, int]) -> None:
    image = Image.new("RGB", (30, 20), "white")
    image.paste("red", (0, 0, 6, 6))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(saved(image, "JPEG", exif=exif, quality=95))
    assert picture.image.size == ((20, 30) if orientation in (6, 8) else (30, 20))
    x, y = corner
    r, g, _ = picture.image.getpixel((min(x, picture.image.width - 1), y))
    assert r > 200 and g < 90
    assert "EXIF" in picture.notes[0]


def test_large_photographs_are_kept_small() -> None:
    picture = decode(saved(photograph(4_200, 3_000), "JPEG"))
    assert picture.size == (4_200, 3_000)
    assert 1_024 <= min(picture.image.size) <= 2_048
    assert min(decode(saved(photograph(4_200, 3_000), "PNG")).image.size) == 1_500


# --- what would take a server's time or memory ---


@pytest.fixture
def fresh():
    """A helper that has decoded nothing yet."""
    helper._helper.close()
    yield helper._helper
    helper._helper.close()


def seconds_of_children() -> float:
    """The work of the processes that have ended."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


DECODED = {"PNG long texts", "PNG 16 bits", "TIFF floats", "PNG transparent", "WebP",
           "JPEG of a telephone", "JPEG of a telephone, progressive"}  # fmt: skip
DEAR = {"PNG transparent", "TIFF floats", "JPEG of a telephone, progressive", "WebP"}
"""Honest pictures that a slow machine may not finish in time."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_file_takes_more_than_its_share(fresh, attack) -> None:
    data = ATTACKS[attack]()
    assert len(data) <= MAX_BYTES
    before = seconds_of_children()
    try:
        decode(data, "x")
        refused = ""
    except PictureError as error:
        refused = str(error)
    if fresh._process is not None and Path("/proc").exists():
        status = Path(f"/proc/{fresh._process.pid}/status").read_text()
        assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) < 800_000  # kB
    fresh.close()
    # Starting the helper is work as well.
    assert seconds_of_children() - before < helper.WORK_S + 1.5
    if attack not in DECODED:
        assert refused.startswith("`'x'` ")
    elif attack not in DEAR:
        assert refused == ""


def test_a_telephones_largest_photograph_is_decoded() -> None:
    picture = decode(saved(picture_attacks.telephone(), "JPEG", quality=30))
    assert picture.size == (8_160, 6_144)
    assert min(picture.image.size) >= 1_024


def test_too_slow_is_said_and_the_next_picture_is_decoded(fresh, monkeypatch) -> None:
    words = sentence(picture_attacks.many_scans(88, 7_000))
    assert "takes too long" in words
    assert decode(saved(photograph(), "PNG")).image.size == (90, 60)
    monkeypatch.setattr(helper, "PATIENCE_S", 0.05)
    assert "takes too long" in sentence(picture_attacks.many_scans(50, 4_000))
    monkeypatch.setattr(helper, "PATIENCE_S", 30)
    assert decode(saved(photograph(), "PNG")).image.size == (90, 60)


@pytest.mark.parametrize("size", [(90, 60), (900, 600)])
def test_a_helper_that_stands_still_is_replaced(fresh, monkeypatch, size) -> None:
    """Whether it takes the file (which fits into a pipe, or does not) or owes the answer."""
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "PNG")
    assert (len(data) > 2**20) == (size == (900, 600))
    assert decode(data).image.size == size
    fresh._process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(helper, "PATIENCE_S", 0.05)
    assert "takes too long" in sentence(data)
    assert fresh._process is None
    monkeypatch.setattr(helper, "PATIENCE_S", 30)
    assert decode(data).image.tobytes() == noise.tobytes()


def test_a_helper_that_was_killed_is_replaced(fresh) -> None:
    data = saved(photograph(), "PNG")
    decode(data)
    fresh._process.kill()
    fresh._process.wait()
    assert decode(data).image.size == (90, 60)


def test_many_at_once_get_their_own_picture() -> None:
    files = [saved(Image.new("RGB", (20 + n, 10)), "PNG") for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        sizes = [picture.image.size for picture in pool.map(decode, files)]
    assert sizes == [(20 + n, 10) for n in range(12)]


def test_libraries_say_nothing_to_the_log(capfd) -> None:
    """libtiff writes a line for each scan line of a damaged fax."""
    fax = bytearray(saved(Image.new("1", (800, 800)), "TIFF", compression="group4"))
    start = fax.index(b"\x2a") + 30
    for place in range(start, len(fax) - 200, 3):
        fax[place] ^= 0x5A
    with pytest.raises(PictureError):
        decode(bytes(fax[: len(fax) // 2]))
    found = capfd.readouterr()
    assert (found.out, found.err) == ("", "")


@pytest.mark.parametrize("most", [4_095, 300])
def test_scanners_that_use_few_of_the_sixteen_bits_are_seen(most: int) -> None:
    values = np.linspace(0, most, 64).reshape(8, 8).astype(np.uint16)
    picture = decode(saved(Image.fromarray(values), "PNG"))
    assert picture.image.getextrema()[0] == (0, 255)
    assert f"from 0 to {most}" in picture.notes[0]


def test_a_tiff_of_thirteen_bands_is_called_a_tiff() -> None:
    tags = [(256, 3, 16), (257, 3, 16), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200),
            (277, 3, 13), (278, 3, 16), (279, 4, 16 * 16 * 13)]  # fmt: skip
    data = b"II*\0" + struct.pack("<IH", 8, len(tags))
    for tag, kind, value in tags:
        data += struct.pack("<HHII", tag, kind, 1, value)
    assert "TIFF file, but not" in sentence(data.ljust(4_000, b"\0"), "bands.tif")


def test_avif_where_pillow_can() -> None:
    from PIL import features

    cut = sentence(b"\0\0\0\x18ftypavif" + b"\0" * 99)
    if features.check("avif"):
        assert decode(saved(photograph(), "AVIF")).image.size == (90, 60)
        assert "damaged: its header" in cut  # and not: this machine cannot decode it
    else:
        assert "AVIF photograph, which this machine cannot decode" in cut


def test_values_beyond_16_bits_are_told_in_full() -> None:
    values = np.tile(np.linspace(0, 70_000, 64), (48, 1)).astype(np.int32)
    picture = decode(saved(Image.fromarray(values), "TIFF"))
    assert picture.image.getextrema()[0] == (0, 255)
    assert picture.notes == ("Its values from 0 to 70000 were stretched to 0 to 255.",)


def test_names_are_shown_as_they_are() -> None:
    assert sentence(b"", "![x](//host).png").startswith("`'![x](//host).png'` is empty")
    with pytest.raises(PictureError, match=r"^The file is empty"):
        decode(b"")


def test_what_was_done_is_said_in_the_readers_language() -> None:
    picture = decode(saved(Image.new("CMYK", (20, 20)), "JPEG"))
    assert picture.remarks == (("CMYK", {}),)
