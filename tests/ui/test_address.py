"""Addresses open exactly the network they are made from."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from explorer.architecture import PRESETS
from explorer.lessons.quiz import make_quiz
from explorer.ui.address import address, from_any_page

ROOT = Path(__file__).parents[2]


def opened(target: str):
    """The Choice that app.py makes of an address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, values in parse_qs(urlsplit(target).query).items():
        app.query_params[key] = values
    app.run()
    assert not app.exception
    return app.session_state["choice"]


def test_changed_fields_arrive():
    spec = replace(
        PRESETS["resnet50"].spec,
        depths=(1, 2, 3, 1),
        groups=4,
        conv_bias=True,
        shortcut="padding",
        num_classes=10,
    )
    choice = opened(address("shape_trace", "resnet50", spec, 97))
    assert (choice.spec, choice.image_size) == (spec, 97)


@pytest.mark.parametrize("seed", [1, 2])
def test_networks_of_a_quiz_arrive(seed):
    for question in make_quiz(seed, 4):
        network = question.network
        choice = opened(address(question.page, network.name, network.spec, network.image_size))
        assert (choice.spec, choice.image_size) == (network.spec, network.image_size)


def test_named_networks_have_short_addresses():
    entry = PRESETS["resnet18"]
    target = address("parameters", "resnet18", entry.spec, entry.image_size, parameters_by="stage")
    assert target == "parameters?net=resnet18&parameters_by=stage"


def test_a_link_to_the_first_page_leaves_the_page_one_is_on():
    assert from_any_page(address("", "resnet50", PRESETS["resnet50"].spec, 224)).startswith("./?")
    assert from_any_page("quiz?quiz_seed=1") == "quiz?quiz_seed=1"
