"""What Inference says of its numbers, each against the trained network on board itself."""

import json
import re
from copy import deepcopy

import pytest
import torch
from torch.nn.functional import cross_entropy

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.embedded import trained
from explorer.experiments.samples import samples
from explorer.networks import device_for
from explorer.ui.cache import embedded_network
from explorer.ui.inference import standing_in
from explorer.ui.inference.scene import _scene, embedded
from explorer.ui.inference.true_label import true_label
from explorer.ui.inference.upload import of_sample
from explorer.views.numbers import magnitude
from tests.pages.written import words

CAT, DOG = 3, 5


@pytest.fixture(autouse=True)
def torch_answers(monkeypatch):
    """Nothing is tried out in its place, in a thread that might outlive the tests."""
    monkeypatch.setattr(standing_in, "answered_by_torch", lambda *_: None)


def scene(name="resnet20", sample="cat"):
    chosen, loaded = of_sample(samples()[sample]), embedded(name, "cpu")
    bp = blueprint(PRESETS[name].spec, 32)
    return _scene(loaded, chosen.key, chosen.picture, loaded.setup.recipe.at(32), bp, name)


def opened(open_app, view, **query):
    app = open_app("inference", net="resnet20", infer_view=view, **query)
    assert [element.value for element in app.exception] == []
    return app


def drawing(app, key):
    """What the browser is told of the drawing of this key."""
    (found,) = (one for one in app.get("bidi_component") if f"-{key}-" in f"{one.proto.id}-")
    return json.loads(found.proto.json)


def shares(x, network=None):
    network = network or embedded_network("resnet20", "cpu")
    with torch.inference_mode():
        return network(x).softmax(-1)[0]


def test_the_answer_its_bars_its_margin_and_the_steps_to_it(open_app):
    app = opened(open_app, "preprocessing", infer_forget="true")
    said, x = words(app), scene().prepared.tensor
    ranked = shares(x).sort(descending=True)
    second = scene().classes[int(ranked.indices[1])]
    assert re.search(rf"Margin \S+ points before {second}\.", said)
    bars = next(c.proto.alt for c in app.get("plotly_chart") if "infer_top" in c.proto.id)
    told = [float(one) for one in re.findall(r"([0-9.]+)%", bars)]
    assert told == pytest.approx([100 * float(one) for one in ranked.values[:5]], abs=0.051)
    width, height = map(int, re.search(r"Resized\*\*: (\d+) × (\d+)", said).groups())
    assert (width / height, min(width, height)) == (pytest.approx(451 / 300, rel=0.03), 32)
    # What the network sees of pixels from 0 to 1.
    recipe = scene().recipe
    mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in (recipe.mean, recipe.std))
    before, after = (f"{float(shares(one)[CAT]):.1%}" for one in (x, x * std + mean))
    assert f"**cat** goes from {before} to {after};" in said
    assert f"and classified on {device_for('auto').label}." in said


def test_grad_cam_is_of_each_stages_last_block_and_leads_to_the_class_that_is_looked_for(open_app):
    app = opened(open_app, "grad_cam", infer_class=str(DOG))
    shown = [box.value for box in app.caption if "layer" in box.value]
    for path in ("layer1.2", "layer2.2", "layer3.2"):
        assert any(f"({path})" in one for one in shown), shown
    app.button(key="infer_cam_origin").click().run()
    assert app.query_params["origin"] in (f"fc,{DOG}", [f"fc,{DOG}"])


def test_channels_have_their_own_scale_or_the_blocks(open_app):
    values = dict(embedded_network("resnet20", "cpu").walk(scene().prepared.tensor))
    last = blueprint(PRESETS["resnet20"].spec, 32).block("layer2.1").ops[-1].path
    block = values[last].detach()[0]
    app = opened(open_app, "feature_maps", infer_block="layer2.1", infer_scale="common")
    said = drawing(app, "infer_scale_bar")["label"]
    assert all(f"{float(end):.3g}" in said for end in (block.min(), block.max())), said
    grid = drawing(app, "infer_channels")["svg"]
    found = [tuple(map(int, at.split(","))) for at in re.findall(r'data-at="([0-9,]+)"', grid)]
    strongest = [divmod(int(channel.argmax()), channel.shape[1]) for channel in block]
    assert found == strongest, "the keyboard chooses a channel's strongest position"


def test_a_position_at_the_edge_sees_what_lies_in_the_picture(open_app):
    query = {"infer_field": "layer1.2", "infer_row": "0", "infer_column": "50"}
    said = words(opened(open_app, "receptive_field", **query))
    # A convolution of 3 x 3 and three blocks of two more see 3 + 6 * 2 pixels: seven on each side.
    assert "Row 1, column 17 of **conv2_3 (layer1.2)** can see 15 × 15 pixels" in said
    assert "of which 15 × 8 lie in the picture" in said


def test_deletions_that_keep_the_answer_are_those_that_do(open_app):
    app = opened(open_app, "lesions")
    kept = 0
    for block in blueprint(PRESETS["resnet20"].spec, 32).blocks:
        # Without its last norm a block hands on what its shortcut brings.
        network = deepcopy(embedded_network("resnet20", "cpu"))
        norm = network.get_submodule(f"{block.path}.bn2")
        with torch.no_grad():
            norm.weight.zero_()
            norm.bias.zero_()
        kept += int(shares(scene().prepared.tensor, network).argmax()) == CAT
    said = words(app)
    assert f"stays the same after **{kept} of 9** deletions" in said
    titles = {block.path: block.title for block in blueprint(PRESETS["resnet20"].spec, 32).blocks}
    after = trained()["resnet20"].after_deleting
    worst, second = sorted(after, key=after.__getitem__)[:2]
    assert f"least without {titles[worst]} and {titles[second]}." in said


def test_softmax_has_as_many_classes_as_the_network(open_app):
    assert "among the classes it has: 10 here" in words(opened(open_app, "many"))


@pytest.mark.parametrize(
    ("sample", "index"), [("cat", CAT), ("moose", 4), ("kingfisher", 2), ("rocket", None)]
)
def test_a_samples_label_is_known_where_the_network_has_its_class(sample, index):
    assert true_label(scene(sample=sample)) == index


def test_gradients_are_torchs_own(open_app):
    app = opened(open_app, "gradient", gradient_block="layer2.1")
    norms = {}
    for name in ("resnet20", "plain20"):
        x = scene(name).prepared.tensor.clone().requires_grad_()
        kept = {"input": x}
        network = embedded_network(name, "cpu")
        for path, out in network.walk(x):
            kept[path] = out
        loss = cross_entropy(out, torch.tensor([CAT]))
        wanted = ["input", "layer2.1.relu2"]
        found = torch.autograd.grad(loss, [kept[path] for path in wanted])
        norms[name] = dict(zip(wanted, (float(one.norm()) for one in found), strict=True))
    said = words(app)
    assert f"the gradient's length is {magnitude(norms['resnet20']['input'])}." in said
    assert f"of {magnitude(norms['plain20']['layer2.1.relu2'])} that arrived" in said
    strip = drawing(app, "gradient_ops")["svg"]
    drawn = re.findall(r'data-path="(layer2\.1\.[a-z0-9]+)"', strip)
    ops = [op.path for op in blueprint(PRESETS["resnet20"].spec, 32).block("layer2.1").ops]
    assert drawn == ops[::-1], "from right to left"
