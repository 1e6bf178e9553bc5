"""Shape trace walked backward, in AppTest: every kind of op, autograd's own lengths, odd links."""

import json
import re
from urllib.parse import parse_qs

import pytest
import torch
from torch.nn import functional

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.embedded import cards
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR, prepare
from explorer.experiments.samples import samples
from explorer.networks.weights import load, read_state
from explorer.views.numbers import magnitude
from explorer.words import section
from tests.written_numbers import value


def words(app) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.header)
    return "\n".join(element.value for kind in kinds for element in kind)


def opened(open_app, op: str = "", net: str = "resnet20", **query: str):
    app = open_app("shape_trace", net=net, trace_way="backward", trace_op=op, **query)
    assert [element.value for element in app.exception] == []
    return app


def lengths(sample: str, target: int) -> dict[str, float]:
    """Of the gradient at each module's output, by hooks on the network on board."""
    path = cards()["resnet20"].path
    network = load(PRESETS["resnet20"].spec, read_state(path, path.name))
    seen: dict[str, torch.Tensor] = {}
    for path in ("conv1", "layer1.1.conv2", "layer2.0.conv1", "layer2.0.bn1", "avgpool", "fc"):
        module = network.get_submodule(path)
        module.register_forward_hook(lambda _, __, out, path=path: seen.update({path: out}))
    picture = decode(samples()[sample].data, sample).image
    logits = network(prepare(picture, CIFAR).tensor)
    loss = functional.cross_entropy(logits, torch.tensor([target]))
    slopes = torch.autograd.grad(loss, list(seen.values()))
    return {path: float(slope.norm()) for path, slope in zip(seen, slopes, strict=True)}


@pytest.mark.parametrize(("sample", "label"), [("cat", 3), ("dog", 5), ("moose", 4)])
def test_the_lengths_are_autograds_for_the_pictures_own_label(open_app, sample, label):
    theirs = lengths(sample, label)
    for path in ("layer2.0.bn1", "fc"):
        app = opened(open_app, path, trace_picture=sample)
        assert app.selectbox(key="trace_class").value == str(label)
        found = re.search(rf"At what \*\*{path}\*\* writes: length `([^`]+)`", words(app))[1]
        assert found == magnitude(theirs[path])


@pytest.mark.parametrize(
    ("net", "op", "said"),
    [
        ("resnet20", "fc", "sum over 10 classes of gradient × weight"),
        ("resnet20", "flatten", "only renames"),
        ("resnet20", "avgpool", "evenly over its 64 positions"),
        ("resnet20", "layer3.0.relu2", "lets the gradient pass where its input was above 0"),
        ("resnet20", "layer3.0.pad", "one of every 2 along each side"),
        ("resnet20", "layer3.0.bn2", "the gradient is multiplied by its slope"),
        ("resnet20", "layer3.0.conv1", "the kernels turned round"),
        ("resnet20", "layer3.1.add", "brought the"),
        ("resnet18", "maxpool", "Only the largest cell"),
        ("resnet18", "layer2.0.add", "a 1×1 convolution and its batch norm stand in the way"),
        ("preact_resnet18", "layer2.0.add", "a 1×1 convolution stands in the way"),
        ("plain20", "layer1.0.conv2", "the kernels turned round"),
    ],
)
def test_every_kind_of_op_says_what_it_does_with_the_gradient(open_app, net, op, said):
    size = {} if net in ("resnet20", "plain20") else {"image_size": "64"}
    app = opened(open_app, op, net, **size)
    assert said in words(app)
    assert list(app.warning) == []


def test_every_kind_of_op_of_every_network_has_its_sentence():
    kinds = {op.kind for one in PRESETS.values() for op in blueprint(one.spec, one.image_size).ops}
    numbers = {"classes": 10, "cells": 49, "stride": 2}
    assert len({section("gradient", f"back {kind}", **numbers) for kind in kinds}) == len(kinds)


def test_the_parts_of_an_addition_add_up(open_app):
    said = words(opened(open_app, "layer2.0.add"))
    share, arriving, skip, main, whole = (
        float(number)
        for number in re.search(
            r"carried \*\*(\d+)%\*\*.*of the (\S+) that arrived it handed on (\S+):"
            r".*F brought (\S+), at an angle.*together they are (\S+),",
            said,
        ).groups()
    )
    cosine = value(re.search(r"whose cosine is (\S+);", said)[1])
    assert skip < arriving
    inner = main * skip * cosine
    assert whole == pytest.approx((main**2 + skip**2 + 2 * inner) ** 0.5, rel=0.05)
    assert share / 100 == pytest.approx((skip**2 + inner) / whole**2, abs=0.05)


def test_it_begins_at_the_answer_and_next_goes_towards_the_picture(open_app):
    app = opened(open_app)
    assert "step 1 of 71 on the way back" in words(app)
    left, right = app.button(key="trace_previous"), app.button(key="trace_next")
    assert (left.label, right.label) == ("Next", "Previous")
    left.click().run()
    assert app.query_params["trace_op"] == "flatten"
    assert "step 2 of 71 on the way back" in words(app)
    app.button(key="trace_first").click().run()
    assert "step 71 of 71 on the way back" in words(app)
    assert "At what it reads, input" in words(app)


def test_turning_round_keeps_the_op(open_app):
    app = open_app("shape_trace", net="resnet20", trace_op="layer2.1.bn1")
    app.button(key="trace_turn").click().run()
    assert app.query_params["trace_way"] == "backward"
    assert "**layer2.1.bn1**" in words(app) and "on the way back" in words(app)
    app.button_group(key="trace_way").set_value("forward").run()
    assert "op 34 of 71" in words(app) and "**layer2.1.bn1**" in words(app)
    assert "trace_way" not in app.query_params


def test_a_picture_of_none_of_the_classes_begins_with_the_answer(open_app):
    app = opened(open_app, "fc", trace_picture="rocket")
    assert app.selectbox(key="trace_class").value == "top"
    app.selectbox(key="trace_picture").set_value("horse").run()
    assert app.selectbox(key="trace_class").value == "7"
    assert "trace_class" not in app.query_params
    app.selectbox(key="trace_class").set_value("1").run()
    assert "Cross-entropy for **automobile**" in words(app)
    assert app.query_params["trace_class"] == "1"


@pytest.mark.parametrize(
    "query",
    [
        {"trace_picture": "x", "trace_class": "y"},
        {"trace_picture": "", "trace_class": "1e400"},
        {"trace_class": "99"},
    ],
)
def test_nonsense_gives_the_default(open_app, query):
    app = opened(open_app, "layer1.0.conv1", **query)
    assert "Cross-entropy for **cat**" in words(app)
    assert app.selectbox(key="trace_class").value == "3"


def test_an_untrained_network_says_so(open_app):
    said = words(opened(open_app, "fc", "resnet18", image_size="64"))
    assert "Weights as freshly initialised" in said


def test_what_cannot_be_run_is_refused(open_app, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_MAX_GMACS", "1")
    app = opened(open_app, "fc", "resnet50")
    assert "RESNET_EXPLORER_MAX_GMACS" in words(app)
    assert "on the way back" not in words(app)


def drawn(app):
    (found,) = (one for one in app.get("bidi_component") if "trace_back" in one.proto.id)
    return json.loads(found.proto.json)["svg"]


def test_what_is_read_stands_at_the_left_and_each_length_at_its_map(open_app):
    theirs = lengths("cat", 3)
    app = opened(open_app, "layer2.0.bn1")
    parts = re.findall(
        r'<g data-path="([^"]+)"><title>([^<]+)</title>.*? x="([0-9.]+)"', drawn(app)
    )
    left, right = sorted(parts, key=lambda part: float(part[2]))
    assert (left[0], right[0]) == ("layer2.0.conv1", "layer2.0.bn1")
    for path, title, _ in (left, right):
        assert magnitude(theirs[path]) in title
    ratio = magnitude(theirs["layer2.0.conv1"] / theirs["layer2.0.bn1"])
    assert f"`{ratio}` times that" in words(app)


def test_it_begins_with_p_less_1_and_leads_to_the_same_class(open_app):
    app = opened(open_app, "fc")
    share, slope = re.search(r"p − 1 = (\d\.\d+) − 1 = (−0\.\d+),", words(app)).groups()
    assert float(share) - 1 == pytest.approx(-float(slope.removeprefix("−")), abs=1.1e-4)
    ways = [parse_qs(link.proto.query_string) for link in app.main.get("page_link")]
    (way,) = (one for one in ways if one.get("infer_view") == ["gradient"])
    assert way["gradient_class"] == ["3"], "cat, whose loss is sent back"
