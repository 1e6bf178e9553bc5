"""Where the gradient goes, in AppTest: states, blocks, networks, and what cannot be shown."""

import re

import pytest

from tests.pages.written import words
from tests.written_numbers import value


def opened(open_app, net: str = "resnet20", **query: str):
    app = open_app("inference", net=net, infer_view="gradient", **query)
    assert [element.value for element in app.exception] == []
    return app


@pytest.mark.parametrize("state", ["above", "initial", "initial_bare"])
@pytest.mark.parametrize("block", ["layer1.1", "layer2.0"])
def test_every_state_of_the_pair_on_board(open_app, state, block):
    app = opened(open_app, gradient_state=state, gradient_block=block)
    said = words(app)
    title = {"layer1.1": "conv2_2", "layer2.0": "conv3_1"}[block]
    assert f"**{title}**: the shortcut carried **" in said
    assert "In the plain twin the same block" in said
    assert "6 of 9" not in said and "7 of 9 additions" in said
    assert value(re.search(r"largest difference is `([^`]+)`", said)[1]) < 1e-4
    assert list(app.warning) == []


def test_the_identity_hands_on_what_arrives(open_app):
    said = words(opened(open_app, gradient_block="layer1.1"))
    assert "that arrived, unchanged" in said
    said = words(opened(open_app, gradient_block="layer2.0"))
    assert "the part for the new channels ends here" in said


@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("plain20", "A plain network has no additions"),
        ("resnet18", "a 1×1 convolution and its batch norm stand in the way"),
        ("preact_resnet18", "a 1×1 convolution stands in the way"),
    ],
)
def test_other_networks(open_app, net, said):
    query = {} if net == "plain20" else {"image_size": "64"}
    assert said in words(opened(open_app, net, **query))


def test_another_class_has_another_loss(open_app):
    cat, dog = (words(opened(open_app, infer_class=index)) for index in ("3", "5"))
    assert "Cross-entropy for **cat**" in cat and "Cross-entropy for **dog**" in dog


def test_train_mode_that_cannot_be_is_told(open_app):
    app = opened(open_app, "resnet18", image_size="32", gradient_state="initial")
    assert "cannot be looked at in train mode" in words(app)


def test_a_weight_is_tried(open_app):
    app = opened(open_app, gradient_block="layer1.0")
    app.toggle(key="gradient_finite").set_value(True).run()
    assert [element.value for element in app.exception] == []
    assert value(re.search(r"relative difference `([^`]+)`", words(app))[1]) < 1e-3


def test_the_buttons_go_from_block_to_block(open_app):
    app = opened(open_app, gradient_block="layer2.0")
    app.button(key="gradient_previous").click().run()
    assert "**conv2_3**" in words(app)
    app.button(key="gradient_next").click().run()
    assert "**conv3_1**" in words(app)


@pytest.mark.parametrize("query", [{"gradient_block": "x"}, {"gradient_state": "x"}])
def test_nonsense(open_app, query):
    assert "the shortcut carried" in words(opened(open_app, **query))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((0.0, 0.5, 0.0), "carried **all** of the gradient"),
        ((0.5, 0.0, 0.0), "carried **nothing** of the gradient"),
        ((0.0, 0.0, 0.0), "there is nothing to share out"),
        ((0.5, 0.5, -0.25), "the two parts cancel"),
    ],
)
def test_parts_that_bring_nothing_have_a_sentence_of_their_own(parts, said):
    from explorer.architecture import blueprint, preset
    from explorer.experiments.origin.shares import Split
    from explorer.ui.inference.gradient_block import sentence

    bp = blueprint(preset("resnet20"), 32)
    text = sentence(bp, bp.block("layer2.0"), Split("layer2.0", *parts, 0.0, 0.5, 0.0))
    assert said in text and "cosine" not in text


def test_a_confident_answer_hands_no_gradient_back(open_app, monkeypatch):
    """A loss of exactly 0 in float32, and with it every part."""
    import torch

    from explorer.experiments.origin import gradient
    from explorer.ui.inference import gradient_cache

    gradient_cache.backward.clear()
    entropy = torch.nn.functional.cross_entropy
    monkeypatch.setattr(
        gradient.functional, "cross_entropy", lambda logits, wanted: 0 * entropy(logits, wanted)
    )
    said = words(opened(open_app))
    gradient_cache.backward.clear()
    assert "no gradient comes through any of them" in said
    assert "there is nothing to share out" in said


@pytest.mark.parametrize(("net", "cut"), [("preact_resnet18", 3), ("preact_resnet110", 3)])
def test_pre_activation_is_told_where_the_chain_is_cut(open_app, net, cut):
    said = words(opened(open_app, net, image_size="32"))
    assert re.search(rf"at {cut} of \d+ blocks \(", said)
    assert "lets through" not in said


def test_eval_mode_and_train_mode_of_batch_norm_are_told_apart(open_app):
    app = opened(open_app, gradient_block="layer1.0")
    app.session_state["gradient_norm"] = True
    app.run()
    assert [element.value for element in app.exception] == []
    assert "one part only" in words(app)
