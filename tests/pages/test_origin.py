"""Where a number comes from, in AppTest: every kind of op, every part, odd links, the time."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.samples import samples
from explorer.ui.cache import embedded_network
from explorer.ui.inference import cache, origin_toy
from explorer.ui.inference.scene import _scene, embedded
from explorer.ui.inference.upload import of_sample
from tests.pages.written import words
from tests.written_numbers import value


def opened(open_app, origin: str = "", net: str = "resnet20", **query: str):
    app = open_app("inference", net=net, infer_view="origin", origin=origin, **query)
    assert [element.value for element in app.exception] == []
    return app


def difference(app) -> float:
    return value(re.search(r"Difference `([^`]+)`", words(app))[1])


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("", "Logit of **cat** = sum over 64 channels"),
        ("fc,5", "Logit of **dog**"),
        ("flatten,3", "The flatten only renames"),
        ("avgpool,3,0,0", "the mean of 64 values of one channel"),
        ("layer3.2.relu2,3,0,0", "ReLU "),
        ("layer3.2.add", "from the main branch and"),
        ("layer3.0.pad,17,1,1", "one pixel of every 2 along each side"),
        ("layer3.0.pad,50,1,1", "zeros: this value is **0** for every picture"),
        ("layer2.1.bn1", "shifts and stretches each channel"),
        ("layer2.1.conv1,17,5,9", "sum of 3 × 3 × 32 = **288 products"),
        ("layer2.1.conv1,17,0,0", "5 of the window's 9 cells hang over the edge"),
        ("conv1,0,0,0", "on the picture's own colours"),
        ("input,1,3,4", "A pixel: the byte "),
    ],
)
def test_every_kind_of_op(open_app, origin, said):
    app = opened(open_app, origin)
    assert said in words(app)
    assert list(app.warning) == []
    assert abs(difference(app)) < 1e-4
    if origin == "":
        assert "the largest difference of the two is" in words(app)


@pytest.mark.parametrize(
    ("net", "origin", "said"),
    [
        ("resnet18", "conv1,3,5,5", "= **147 products"),
        ("resnet18", "maxpool,3,0,0", "Max pooling takes the largest"),
        ("resnext50_32x4d", "layer1.0.conv2,9,3,3", "only the input channels 8 to 11 of 128"),
        ("resnet50", "layer1.0.conv3,3,3,3", "sum of 1 × 1 × 64 = **64 products"),
        ("preact_resnet18", "fc,3", "lies before the last batch norm and ReLU"),
        ("plain18", "layer2.0.conv1", "= **576 products"),
    ],
)  # fmt: skip
def test_other_families(open_app, net, origin, said):
    app = opened(open_app, origin, net, image_size="64")
    assert said in words(app)
    assert abs(difference(app)) < 1e-3


@pytest.mark.parametrize("part", ["feeds", "toy", "kernels"])
@pytest.mark.parametrize("origin", ["", "layer2.0.conv1,17,5,9", "input", "layer3.0.relu2,3,1,1"])
def test_every_part(open_app, part, origin):
    app = opened(open_app, origin, origin_part=part)
    assert list(app.warning) == []


def test_what_a_value_feeds(open_app):
    said = words(opened(open_app, "layer1.2.relu2,3,1,1", origin_part="feeds"))
    assert "read by layer2.0.conv1, conv and layer2.0.pad, zero padding" in said
    assert "**layer2.0.pad** steps over it" in said
    # 3x3 with stride 2 at an odd position: two windows along each axis, in 32 channels.
    assert "for 128 of its values: 32 channels at 4 positions" in said
    last = words(opened(open_app, "fc,3", origin_part="feeds"))
    assert "Nothing reads this value any more" in last


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("layer9.0.conv1,1,1,1", "no op `'layer9.0.conv1'`"),
        ("conv1,16,0,0", "values of shape 16 x 32 x 32"),
        ("fc,10", "writes 10 numbers"),
        ("<script>", "no op"),
    ],
)
def test_nonsense_is_told_and_something_is_shown(open_app, origin, said):
    app = opened(open_app, origin)
    assert said in words(app)
    assert "Logit of **cat**" in words(app)


def test_one_op_back_leads_from_the_logit_to_a_pixel_and_home(open_app):
    app, seen = opened(open_app), []
    for _ in range(80):
        back = app.button(key="origin_back")
        if back.disabled:
            break
        back.click().run()
        assert [element.value for element in app.exception] == []
        seen.append(app.query_params["origin"])
    assert seen[0].startswith("flatten,") and seen[-1].startswith("input,")
    assert "Here the way back ends" in words(app)
    app.button(key="origin_way_0").click().run()
    assert "Logit of **cat**" in words(app)


def test_the_walk_moves_the_window_and_stops(open_app):
    app = opened(open_app, "layer2.1.conv1,17,5,9")
    app.button(key="origin_next").click().run()
    assert app.query_params["origin"] == "layer2.1.conv1,17,5,10"
    app.button(key="origin_row_down").click().run()
    assert app.query_params["origin"] == "layer2.1.conv1,17,6,10"
    app.button(key="origin_play").click().run()
    assert app.session_state["origin_walk"] == "layer2.1.conv1,17,6,10"
    app.button(key="origin_play").click().run()
    assert "origin_walk" not in app.session_state


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"origin_toy_stride": "2"}, "floor((7 + 2*1 - 1*(3 - 1) - 1)/2) + 1 = 4"),
        ({"origin_toy_dilation": "3", "origin_toy_padding": "0"}, "3*(3 - 1) - 1)/1) + 1 = 1"),
        ({"origin_toy_stride": "99"}, "/1) + 1 = 7"),
        ({"origin_toy_preset": "own", "origin_toy_kernel": "0,0,0,0,2,0,0,0,0"}, "9 products"),
        ({"origin_toy_preset": "own", "origin_toy_kernel": "cat"}, "A kernel is nine numbers"),
    ],
)  # fmt: skip
def test_the_toy(open_app, query, said):
    app = opened(open_app, "layer2.1.conv1,17,5,9", origin_part="toy", **query)
    assert said in words(app)


def test_the_address_of_the_logit_is_reached_from_the_answer(open_app):
    app = open_app("inference", net="resnet20")
    app.button(key="infer_origin").click().run()
    assert app.query_params["infer_view"] == "origin"
    assert app.query_params["origin"] == "fc,3"
    assert "Logit of **cat**" in words(app)


def test_no_other_op_is_kept(open_app):
    cache.captured.clear()
    opened(open_app, "layer2.1.conv1,17,5,9")
    from explorer.ui.budget import store

    kept = [key for key in store()._entries if key[0].endswith("captured")]
    assert [key[-1] for key in kept] == ["layer2.1.conv1"]


def where(app):
    (found,) = (one for one in app.get("bidi_component") if "origin_where" in one.proto.id)
    return json.loads(found.proto.json)["svg"]


def test_up_is_a_row_less_and_the_place_is_framed_on_the_map(open_app):
    app = opened(open_app, "layer2.1.conv1,17,5,9")
    # The third picture, 210 units wide, of 16 x 16 positions; each begins 254 further right.
    left, top = 2 * 254 + 3 + 9 * 210 / 16, 28 + 5 * 210 / 16
    assert f'x="{left:.2f}" y="{top:.2f}" width="{210 / 16:.2f}"' in where(app)
    app.button(key="origin_row_up").click().run()
    assert "layer2.1.conv1, channel 17, row 4, column 9" in app.header[1].value


@pytest.mark.parametrize(("channel", "colour"), [(0, "red"), (1, "green"), (2, "blue")])
def test_a_pixels_channel_has_its_colour(open_app, channel, colour):
    assert f"of the {colour} channel" in words(opened(open_app, f"input,{channel},3,4"))


def test_an_addition_says_whether_its_parts_pull_together(open_app):
    network, scene = embedded_network("resnet20", "cpu"), resnet20()
    outs = dict(network.walk(scene.prepared.tensor))
    main = outs["layer1.1.bn2"][0]
    skip = outs["layer1.0.relu2"][0]
    for wanted, said in ((main * skip < -0.1, True), (main * skip > 0.1, False)):
        channel, row, column = wanted.nonzero()[0].tolist()
        text = words(opened(open_app, f"layer1.1.add,{channel},{row},{column}"))
        assert ("pull in opposite directions" in text) == said


def test_a_value_feeds_each_output_channel_at_each_position_of_a_window(open_app):
    said = words(opened(open_app, "layer2.1.relu1,17,5,9", origin_part="feeds"))
    assert "for 288 of its values: 32 channels at 9 positions" in said


def test_a_value_moves_the_values_of_its_group_only(open_app):
    query = {"norm": "group", "widths": "64, 64, 64", "depths": "1, 1, 1"}
    said = words(opened(open_app, "layer1.0.conv1,5,3,4", origin_part="feeds", **query))
    # 32 groups of two channels of 32 x 32.
    assert "each of the group's 2,048 values" in said


def test_the_toys_patch_is_the_photographs_middle():
    scene = resnet20()
    grey = np.asarray(scene.prepared.cropped.convert("L"), dtype=np.float64) / 255
    found = SimpleNamespace(inputs=[])
    patch = origin_toy._patch(scene, found, SimpleNamespace(sources=[]))
    assert patch == pytest.approx(grey[13:20, 13:20], abs=0.006)
    assert not np.allclose(patch, patch.T)


def resnet20():
    loaded, sample = embedded("resnet20", "cpu"), of_sample(samples()["cat"])
    bp = blueprint(PRESETS["resnet20"].spec, 32)
    return _scene(loaded, sample.key, sample.picture, loaded.setup.recipe.at(32), bp, "")
