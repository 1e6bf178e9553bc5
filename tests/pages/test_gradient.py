"""Where the gradient goes, in AppTest: states, blocks, networks, and what cannot be shown."""

import re

import pytest

from tests.written_numbers import value


def words(app) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


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
