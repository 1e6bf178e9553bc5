"""Charts as their JSON and drawings as SVG: what they hold, not how they look."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.experiments.inference import Prediction
from explorer.views import inference_charts as charts
from explorer.views import inference_pictures as pictures
from explorer.views import inference_tables, palette, rasters

SVG = "{http://www.w3.org/2000/svg}"


def images(svg: str) -> list[Image.Image]:
    found = []
    for node in ET.fromstring(svg).iter(f"{SVG}image"):
        data = node.attrib["href"].split(",", 1)[1]
        found.append(Image.open(io.BytesIO(base64.b64decode(data))))
    return found


def test_top_bars_keep_two_classes_of_one_name_apart() -> None:
    bar = charts.top_bars(["crane", "crane", "dog"], [0.5, 0.3, 0.1]).data[0]
    assert len(set(bar.y)) == 3
    assert list(bar.customdata) == ["crane", "crane", "dog"]
    assert list(bar.text) == ["50.0%", "30.0%", "10.0%"]


def test_mode_bars_name_the_answer_that_another_mode_gives() -> None:
    modes = ["eval(): running statistics", "train(): this picture alone", "after"]
    figure = charts.mode_bars(modes, [0.9, 0.125, None], ["cat", "dog", "overflow"], "cat")
    bar = figure.data[0]
    assert list(bar.x) == [90, 12.5, 0]
    assert list(bar.text) == ["90.0%", "12.5%, answers dog", "overflow"]
    assert bar.marker.color[0] != bar.marker.color[1] == bar.marker.color[2]
    assert [name.replace("<br>", " ") for name in bar.y] == modes
    assert figure.layout.yaxis.autorange == "reversed"  # the first is on top
    assert figure.layout.xaxis.title.text == "probability of cat, %"


def test_deletion_bars_say_what_cannot_be_deleted() -> None:
    figure = charts.deletion_bars(
        ["conv2_1", "conv3_1"], ["layer1.0", "layer2.0"], [0.25, None], ["dog", "-"], 0.9, "cat"
    )
    bar = figure.data[0]
    assert list(bar.y) == [25.0, 0.0]
    assert list(bar.text) == ["dog", ""], "the new answer stands over its bar"
    assert list(bar.marker.line.width) == [3, 0]
    said = next(note for note in figure.layout.annotations if note.text == "cannot be deleted")
    assert said.x == bar.x[1]
    assert bar.marker.color[0] == palette.chart_colour(palette.BLUE)
    assert bar.marker.color[1] == palette.chart_colour(palette.ORANGE)
    assert figure.layout.shapes[0].y0 == 90.0


def names_below(paths: list[str], narrow: bool = False) -> list[str]:
    titles = [f"conv{int(path[5]) + 1}_{int(path[7:]) + 1}" for path in paths]
    figure = charts.deletion_bars(
        titles, paths, [0.5] * len(paths), ["cat"] * len(paths), 0.9, "cat", narrow=narrow
    )
    axis = figure.layout.xaxis
    assert len(axis.ticktext) == len(axis.tickvals) and {*axis.tickvals} <= {*figure.data[0].x}
    return list(axis.ticktext)


def test_deleted_blocks_are_named_as_far_as_there_is_room() -> None:
    few = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3)]
    assert names_below(few)[:4] == ["conv2_1", "conv2_2", "conv2_3", "conv3_1"]
    assert names_below(few, narrow=True)[3] == "3_1", "half a page has no room for more"
    many = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(9)]
    assert names_below(many) == ["conv2_1", "conv3_1", "conv4_1"], "each stage's first"


def test_training_curves_are_the_columns() -> None:
    curves = {"epoch": [1, 2], "training_accuracy": [0.5, 0.6], "held_out_accuracy": [0.4, 0.7]}
    training, held_out = charts.training_curves(curves).data
    assert list(training.y) == [50.0, 60.0] and list(held_out.y) == [40.0, 70.0]


def test_colours_run_from_dark_to_bright_and_unknown_is_clear() -> None:
    values = np.array([[0.0, 0.5, 1.0, np.nan]], dtype=np.float32)
    image = rasters.coloured(values).convert("RGBA")
    assert (
        images(f'<svg xmlns="{SVG[1:-1]}"><image href="{rasters.map_url(values, 9)}"/></svg>')[0]
        .convert("RGBA")
        .tobytes()
        == image.tobytes()
    )
    brightness = [sum(image.getpixel((x, 0))[:3]) for x in range(3)]
    assert brightness == sorted(brightness)
    assert [image.getpixel((x, 0))[3] for x in range(4)] == [255, 255, 255, 0]


def test_heat_glows_where_the_map_is_large() -> None:
    photograph = Image.new("RGB", (64, 64), (90, 90, 90))
    values = np.zeros((4, 4), dtype=np.float32)
    values[0, 0] = 1.0
    heat = rasters.heat_over(photograph, values)
    assert heat.size == (64, 64)
    assert sum(heat.getpixel((4, 4))) > 2 * sum(heat.getpixel((60, 60)))


def test_enlarged_by_whole_factors() -> None:
    small = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    big = rasters.enlarged(small, 40)
    assert big.size == (40, 30)
    assert {big.getpixel((x, y)) for x in range(10) for y in range(10)} == {0}


def test_gallery_and_strip_can_be_chosen_from() -> None:
    tile = rasters.data_url(Image.new("RGB", (4, 4)))
    gallery = ET.fromstring(pictures.gallery([("cat", "a <cat> & more", tile)] * 7))
    assert len([n for n in gallery.iter(f"{SVG}g") if n.get("data-path") == "cat"]) == 7
    frames = [
        (path, "8 x 2 x 2", np.eye(2, dtype=np.float32))
        for path in ("stem", "layer1.0", "layer2.0")
    ]
    svg = pictures.film_strip(frames)
    paths = [n.get("data-path") for n in ET.fromstring(svg).iter(f"{SVG}g")]
    assert paths == ["stem", "layer1.0", "layer2.0"]
    assert [image.size for image in images(svg)] == [(2, 2)] * 3
    both = pictures.film_strip(frames, titles={"stem": "stem", "layer1.0": "conv2_1"})
    written = [node.text for node in ET.fromstring(both).iter(f"{SVG}text")]
    assert written[:5] == ["stem", "8 x 2 x 2", "conv2_1", "layer1.0", "8 x 2 x 2"]
    assert "conv2_1 (layer1.0), 8 x 2 x 2" in both
    themed = palette.themed(svg)
    assert "var(--colour-0" in themed and "var(--st-text-color" in themed


def test_channel_grid_shows_each_channel_at_its_real_resolution() -> None:
    tiles = np.zeros((1, 8, 5, 7), dtype=np.float32)
    svg = pictures.channel_grid(tiles, ["channel 0", "channel 1", "channel 2"])
    assert [image.size for image in images(svg)] == [(7, 5)] * 3
    titles = [node.text for node in ET.fromstring(svg).iter(f"{SVG}title")]
    assert titles == ["channel 0", "channel 1", "channel 2"]


def test_position_map_has_a_cell_per_position() -> None:
    values = np.zeros((3, 4), dtype=np.float32)
    cells = re.findall(r'data-path="(\d+,\d+)"', pictures.position_map(values, 1, 2, True))
    assert len(cells) == 12 and cells[0] == "0,0" and cells[-1] == "2,3"
    assert "data-path" not in pictures.position_map(values, 1, 2, False)


def test_region_is_drawn_in_the_pictures_own_pixels() -> None:
    svg = pictures.region_over(Image.new("RGB", (42, 42)), (0, 21, 42, 42), side=420)
    frame = list(ET.fromstring(svg).iter(f"{SVG}rect"))[-1]
    assert [float(frame.get(k)) for k in ("x", "y", "width", "height")] == [2, 212, 420, 210]


def maps(count: int, size: int) -> np.ndarray:
    """Noise, the worst case: it does not compress."""
    return np.random.default_rng(0).random((count, size, size), dtype=np.float32)


def drawn(kind: str, size: int) -> str:
    values = maps(64, size)
    if kind == "strip":
        return pictures.film_strip([(f"layer1.{i}", "", each) for i, each in enumerate(values)])
    if kind == "grid":
        return pictures.channel_grid(values.reshape(8, 8, size, size), [""] * 64)
    if kind == "position":
        return pictures.position_map(values[0], 0, 0, choosable=False)
    return pictures.region_over(Image.fromarray((values[0] * 255).astype("uint8")), (0, 0, 9, 9))


@pytest.mark.parametrize("kind", ["strip", "grid", "position", "region"])
def test_the_document_ends_where_its_pictures_end(kind: str) -> None:
    root = ET.fromstring(drawn(kind, 9))
    for edge, length in (("x", "width"), ("y", "height")):
        ends = [float(one.get(edge)) + float(one.get(length)) for one in root.iter(f"{SVG}image")]
        assert max(ends) <= float(root.get(length)) <= max(ends) + 60  # a caption may stand below


@pytest.mark.parametrize("kind", ["strip", "grid", "position", "region"])
def test_pictures_are_sent_at_the_size_at_which_they_are_seen(kind: str) -> None:
    sizes = {size: len(drawn(kind, size)) for size in (256, 1024)}
    # Sixteen times as many pixels, and not more bytes than a screen can show.
    seen = {"strip": 64 * 200**2, "grid": 64 * 275**2, "position": 840**2, "region": 840**2}[kind]
    assert sizes[1024] < 1.5 * seen
    assert max(max(image.size) for image in images(drawn(kind, 1024))) <= 840


def test_unknown_values_stay_unknown_when_reduced() -> None:
    values = np.zeros((64, 64), dtype=np.float32)
    values[:32] = np.nan
    [image] = images(pictures.position_map(values, 0, 0, choosable=False, side=8))
    assert image.size == (16, 16)
    alpha = [image.convert("RGBA").getpixel((3, y))[3] for y in (0, 7, 8, 15)]
    assert alpha == [0, 0, 255, 255]


def test_enlarged_is_no_larger_than_seen() -> None:
    assert rasters.enlarged(Image.new("RGB", (1024, 1024)), 300).size == (600, 600)
    assert rasters.enlarged(Image.new("RGB", (400, 400)), 300).size == (400, 400)


def test_a_row_of_a_picture_is_in_per_cent_points_and_milliseconds() -> None:
    logits = torch.tensor([0.8, 0.15, 0.05]).log()
    row = inference_tables.picture_row(
        "cat.png", "data:", Prediction(logits, ("a", "b", "c"), 0.25)
    )
    assert (row["answer"], row["second"]) == ("a", "b")
    assert row["probability"] == pytest.approx(80, abs=1e-4)
    assert row["margin"] == pytest.approx(65, abs=1e-4)
    assert row["forward"] == 250
    lost = inference_tables.picture_row(
        "cat.png", "data:", Prediction(logits * torch.nan, ("a", "b", "c"), 0.25)
    )
    assert lost["probability"] is None and lost["margin"] is None and lost["second"] == ""
