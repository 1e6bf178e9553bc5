"""Volumes, the picture of a network and of an op: read as data, never as pixels."""

import itertools
import re
from math import isclose, sqrt
from xml.etree import ElementTree

import pytest

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.views import network_picture, op_picture, volumes
from explorer.views.palette import LIGHT, slot_of, themed
from explorer.views.svg import document, text

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name):
    return blueprint(preset(name), PRESETS[name].image_size)


def parse(svg):
    """The drawing, and the same with colours that follow the theme: both have to be XML."""
    ElementTree.fromstring(themed(svg))
    return ElementTree.fromstring(svg)


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def points(polygon):
    return [tuple(map(float, pair.split(","))) for pair in polygon.get("points").split()]


def front(root):
    """(width, height) of the front face of each volume, in order."""
    faces = [p for p in root.iter(f"{SVG}polygon") if p.get("fill-opacity") == "1.0"]
    corners = [points(face) for face in faces]
    return [(c[1][0] - c[0][0], c[2][1] - c[1][1]) for c in corners]


def test_lengths_are_square_roots():
    scale = volumes.Scale(pixel=10, channel=3)
    root = parse(document(99, 99, [volumes.cuboid((64, 16, 16), 0, 50, scale, 0)]))
    [(thickness, height)] = front(root)
    assert isclose(thickness, 3 * sqrt(64), abs_tol=0.1)
    assert isclose(height, 10 * sqrt(16), abs_tol=0.1)


def test_fit_reaches_the_given_lengths_and_no_more():
    scale = volumes.fit([(3, 224, 224), (2048, 7, 7)], side=190, thickness=84)
    assert isclose(scale.pixel * sqrt(224), 190)
    assert isclose(scale.channel * sqrt(2048), 84)
    assert volumes.fit([(4, 8, 8)], 190, 84, boldest=4).channel == 4


def test_a_volume_lies_within_its_bounds():
    scale = volumes.Scale(5, 2)
    for shape in [(3, 224, 224), (64, 7, 7), (1000,)]:
        root = parse(document(1, 1, [volumes.cuboid(shape, 10, 100, scale, 0)]))
        corners = [point for polygon in root.iter(f"{SVG}polygon") for point in points(polygon)]
        xs, ys = zip(*corners, strict=True)
        width, height = volumes.bounds(shape, scale)
        assert isclose(max(xs) - min(xs), width, abs_tol=0.2)
        assert isclose(max(ys) - min(ys), height, abs_tol=0.2)
        assert isclose((max(ys) + min(ys)) / 2, 100, abs_tol=0.2)


def test_labels_are_escaped():
    label = text(0, 0, '<script>&"')
    assert ElementTree.fromstring(label).text == '<script>&"'


def test_resnet50_shrinks_and_thickens_as_in_the_paper():
    shown = network_picture.volumes(drawn("resnet50"))
    assert [(volume.name, volume.shape) for volume in shown] == [
        ("image", (3, 224, 224)),
        ("conv1", (64, 112, 112)),
        ("max pool", (64, 56, 56)),
        ("conv2_x", (256, 56, 56)),
        ("conv3_x", (512, 28, 28)),
        ("conv4_x", (1024, 14, 14)),
        ("conv5_x", (2048, 7, 7)),
        ("average pool", (2048,)),
        ("fc", (1000,)),
    ]


def test_a_deep_stem_is_what_its_last_convolution_writes():
    stem = network_picture.volumes(drawn("resnet50d"))[1]
    assert (stem.name, stem.shape, stem.made_by) == ("conv1", (64, 112, 112), "three 3×3")


@pytest.mark.parametrize("name", PRESETS)
def test_every_network_is_drawn_in_proportion(name):
    bp = drawn(name)
    root = parse(network_picture.picture(bp))
    shown = network_picture.volumes(bp)
    faces = front(root)
    assert len(faces) == len(shown)
    # To the tenth of a unit, to which corners are written.
    heights = [volumes.extent(volume.shape)[1] for volume in shown]
    thicknesses = [volume.shape[0] for volume in shown]
    assert sorted(heights, reverse=True) == heights
    for (thickness, height), pixels, channels in zip(faces, heights, thicknesses, strict=True):
        assert isclose(height, faces[0][1] * sqrt(pixels / heights[0]), abs_tol=0.2)
        assert isclose(thickness, faces[1][0] * sqrt(channels / thicknesses[1]), abs_tol=1.2)
    labels = texts(root)
    for volume in shown:
        assert volume.name in labels
    # No volume or label leaves the picture or touches its neighbour.
    width = float(root.get("width"))
    groups = [[points(p) for p in group.iter(f"{SVG}polygon")] for group in root.iter(f"{SVG}g")]
    edges = [
        (min(x for f in faces for x, _ in f), max(x for f in faces for x, _ in f))
        for faces in groups
    ]
    assert edges[0][0] >= 0 and edges[-1][1] <= width
    assert all(left[1] < right[0] for left, right in itertools.pairwise(edges))


@pytest.mark.parametrize("name", PRESETS)
def test_volumes_have_their_stages_colour_and_their_ops_path(name):
    bp = drawn(name)
    root = parse(network_picture.picture(bp))
    paths = {op.path for op in bp.ops}
    nodes = [group for group in root.iter(f"{SVG}g") if group.get("data-path")]
    assert len(nodes) == len(network_picture.volumes(bp)) - 1
    for node in nodes:
        assert node.get("data-path") in paths
        colours = {polygon.get("fill") for polygon in node.iter(f"{SVG}polygon")}
        assert colours == {LIGHT[slot_of(node.get("data-path"))]}


def test_labels_stay_legible_where_the_picture_scrolls():
    bp = drawn("resnet50")
    root = parse(network_picture.picture(bp))
    smallest = min(float(text.get("font-size")) for text in root.iter(f"{SVG}text"))
    shrunk = network_picture.legible_width(bp) / float(root.get("width"))
    assert smallest * shrunk >= 13.9


def op_of(bp, path):
    return next(op for op in bp.ops if op.path == path)


@pytest.mark.parametrize(
    ("name", "path", "lines"),
    [
        ("resnet18", "conv1", ["input 224×224×3", "64 kernels 7×7×3", "output 112×112×64"]),
        ("resnet18", "layer2.0.add", ["main branch 28×28×128", "projection 28×28×128"]),
        ("resnet18", "layer1.0.add", ["main branch 56×56×64", "shortcut 56×56×64"]),
        ("resnet20", "layer2.0.pad", ["input 32×32×16", "every 2nd pixel + 16 of zeros"]),
        ("resnet18", "maxpool", ["largest of 3×3, stride 2"]),
        ("resnet18", "avgpool", ["input 7×7×512", "mean of 7×7", "output 1×1×512"]),
        ("resnet18", "flatten", ["input 1×1×512", "output 512"]),
        ("resnet18", "fc", ["weights 512 × 1,000", "output 1,000"]),
        ("resnext50_32x4d", "layer1.0.conv2", ["128 kernels 3×3×4"]),
        ("resnet18", "bn1", ["batch norm 2 × 64 numbers"]),
    ],
)
def test_an_op_is_drawn_with_its_numbers(name, path, lines):
    bp = drawn(name)
    shown = [" ".join(item.lines) for item in op_picture.items(bp, op_of(bp, path))]
    for line in lines:
        assert line in shown
    labels = texts(parse(op_picture.picture(bp, op_of(bp, path))))
    for line in lines:
        assert any(line.startswith(label) for label in labels)


@pytest.mark.parametrize("name", PRESETS)
def test_every_kind_of_op_can_be_drawn_within_the_picture(name):
    bp = drawn(name)
    for op in {(op.kind, op.on_shortcut): op for op in bp.ops}.values():
        root = parse(op_picture.picture(bp, op))
        for polygon in root.iter(f"{SVG}polygon"):
            assert all(0 <= x <= op_picture.WIDTH for x, _ in points(polygon))
        left = [float(x) for x in re.findall(r'<text x="([\d.]+)"', op_picture.picture(bp, op))]
        assert all(0 <= x <= op_picture.WIDTH for x in left)


def test_one_scale_for_the_whole_walk():
    bp = drawn("resnet18")
    out = front(parse(op_picture.picture(bp, op_of(bp, "layer1.0.conv1"))))[-1]
    read = front(parse(op_picture.picture(bp, op_of(bp, "layer1.0.bn1"))))[0]
    assert all(isclose(*pair, abs_tol=0.2) for pair in zip(out, read, strict=True))


def test_odd_networks_are_drawn():
    spec = NetworkSpec(
        "bottleneck", (1,) * 8, (4,) * 8, shortcut="padding", stem="cifar", in_channels=1
    )
    bp = blueprint(spec, 129)
    root = parse(network_picture.picture(bp))
    assert "conv9_x" in texts(root)
    pad = next(op for op in bp.ops if op.kind == "pad" and op.out_shape[0] == op.in_shape[0])
    assert "no channel added" in texts(parse(op_picture.picture(bp, pad)))
