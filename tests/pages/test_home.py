"""Home: the chosen network in one screen, and what each page is for."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.architecture.published import figures_of
from explorer.lessons.overview import page_description
from explorer.ui import navigation
from explorer.words import label

ROOT = Path(__file__).parents[2]
NETWORKS = [
    "resnet18",
    "resnet50",
    "resnet20",
    "plain20",
    "resnet1202",
    "preact_resnet164",
    "resnext50_32x4d",
]


def tiles(app):
    return {tile.label: (tile.value, tile.delta) for tile in app.metric}


def text(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def links(app):
    return [element.proto.label.strip("*") for element in app.get("page_link")]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_in_one_screen(open_app, name):
    app = open_app(net=name)
    assert not app.exception
    bp = blueprint(preset(name), PRESETS[name].image_size)
    assert app.title[0].value.replace("**", "") == PRESETS[name].title
    shown = tiles(app)
    assert shown["Parameters"][1] == f"{bp.params:,}"
    assert shown["MACs"][1] == f"{bp.macs:,}"
    assert shown["Depth"][0] == f"{bp.spec.depth:,} layers"
    assert shown["Receptive field"][0] == f"{bp.receptive_field:,} px"
    assert shown["Output stride"][0] == f"{bp.output_stride} px"
    assert all(tile.help for tile in app.metric)
    assert "{" not in text(app)
    figures = figures_of(name)
    for figure in figures:
        assert figure.source.url in text(app)
    if not figures:
        assert "No published figure of" in text(app)


def test_the_picture_is_the_networks(open_app):
    svg = {}
    for name in ("resnet18", "resnet50"):
        components = [element.proto.json for element in open_app(net=name).get("bidi_component")]
        [svg[name]] = [found["svg"] for text in components if "svg" in (found := json.loads(text))]
    assert "7×7×2,048" in svg["resnet50"] and "7×7×2,048" not in svg["resnet18"]
    assert "var(--colour-" in svg["resnet50"]


def test_a_customised_network_has_no_published_figure(open_app):
    app = open_app(net="resnet50", depths="3,4,6,4")
    assert not app.exception
    assert app.title[0].value.replace("**", "") == "ResNet-50, customised"
    assert "No published figure applies: this network differs from ResNet-50." in text(app)
    assert "torchvision V1" not in text(app)
    assert tiles(app)["Top-1 accuracy"] == ("none", "published")


def test_another_image_size_is_said_beside_published_figures(open_app):
    app = open_app(net="resnet50", image_size="33")
    assert not app.exception
    assert "not at 33×33 pixels" in text(app)
    assert "not at" not in text(open_app(net="resnet50"))


def test_a_custom_network_opens(open_app):
    app = open_app(family="Custom", block="bottleneck", depths="1,2", widths="8,16")
    assert not app.exception
    assert "3 bottleneck blocks in 2 stages (1, 2)" in text(app)


def test_every_page_is_linked_and_described(open_app):
    app = open_app()
    listed = links(app)
    paths = [entry.path for group in navigation.GROUPS.values() for entry in group]
    assert len(paths) > 4
    for path in paths:
        described = page_description(path)
        assert (described is None) is (path == navigation.HOME), path
        if described:
            assert label(f"page.{path}") in listed
            assert described in text(app)


def test_a_page_without_a_description_is_linked_all_the_same(open_app, monkeypatch):
    import streamlit as st

    pages = navigation.pages

    def one_more():
        return [*pages(), st.Page("pages/home.py", title="Brand new", url_path="new")]

    monkeypatch.setattr(navigation, "pages", one_more)
    app = open_app()
    assert not app.exception
    assert "Brand new" in links(app)


def test_home_does_not_load_torch():
    script = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception and app.metric\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "False", done.stderr


def test_the_door_to_a_broken_block_opens_one(open_app):
    door = next(
        link.proto
        for link in open_app().get("page_link")
        if link.proto.label.strip("*") == label("door.break")
    )
    query = {name: values[0] for name, values in parse_qs(door.query_string).items()}
    app = open_app("block_lab", **query)
    assert len(app.error) == 1 and app.button(key="mend_projection")


def test_on_a_telephone_the_network_that_is_shown_stands_out(open_app):
    app = open_app(net="resnet34")
    app.session_state["network_here_open"] = True
    app.run()
    kinds = {
        button.key.removeprefix("network_here_"): button.proto.type
        for button in app.button
        if (button.key or "").startswith("network_here_")
    }
    assert {"resnet18", "resnet34", "resnet50"} <= set(kinds)
    assert [name for name, kind in kinds.items() if kind == "primary"] == ["resnet34"]
