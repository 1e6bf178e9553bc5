"""Why residual, on photographs: what the cards of the networks on board say, and a live line."""

import csv
import json
import shutil
from dataclasses import asdict

import pytest
from safetensors.torch import save_file

from explorer.architecture import PRESETS, blueprint
from explorer.experiments import cifar10, embedded
from explorer.experiments.embedded import FOUR, ModelCard, cards, depth_cards, surfaces, trained
from explorer.experiments.surface import Surface
from explorer.experiments.train_embedded.files import stored
from explorer.experiments.train_embedded.recipe import WARM_UP, paper_recipe
from explorer.lessons import entries
from explorer.networks import build
from explorer.ui.cache import embedded_network
from explorer.ui.inference.scene import setups_of
from explorer.ui.why import photographs, surface
from explorer.words import section

TEXTS = "depth_photographs"


def card(name: str, loss: float, accuracy: float) -> ModelCard:
    curves = {"epoch": [1.0, 2.0], "training_loss": [2.0, loss]}
    return ModelCard(name, {"test_accuracy": accuracy}, curves)


def four(**losses: float) -> dict[str, ModelCard]:
    return {name: card(name, loss, 1 - loss / 4) for name, loss in losses.items()}


class TestVerdict:
    """The sentence comes from the numbers, and comes out otherwise where they do."""

    def test_as_in_the_paper(self):
        cards = four(plain20=0.5, plain56=0.75, resnet20=0.4, resnet56=0.3)
        plain, residual, gaps = photographs.verdict(cards)
        assert "degradation" in plain and "0.750" in plain and "0.500" in plain
        assert "18.8% errors against 12.5%" in plain
        assert "ends lower" in residual and "0.300" in residual
        assert "+0.250" in gaps and "-0.100" in gaps

    def test_otherwise(self):
        cards = four(plain20=0.75, plain56=0.5, resnet20=0.3, resnet56=0.4)
        plain, residual, _ = photographs.verdict(cards)
        assert "no degradation" in plain
        assert "ends lower" not in residual and "ends higher" in residual

    def test_too_close_to_call(self):
        cards = four(plain20=0.5, plain56=0.51, resnet20=0.31, resnet56=0.3)
        plain, residual, _ = photographs.verdict(cards)
        assert "no degradation" in plain
        assert "no difference" in residual and "ends lower" not in residual

    def test_of_one_depth_only(self):
        (sentence,) = photographs.verdict(four(plain20=0.75, resnet20=0.3))
        assert sentence == section(
            TEXTS,
            "same depth",
            plain=PRESETS["plain20"].title,
            plain_loss=0.75,
            plain_error=0.1875,
            residual=PRESETS["resnet20"].title,
            residual_loss=0.3,
            residual_error=0.075,
        )

    def test_warm_up_is_the_trainings(self):
        assert photographs._WARM_UP == WARM_UP


@pytest.fixture
def fresh():
    """Cards of the four are read anew, before and after; the others are what they are."""
    assert cards()
    for read in (depth_cards, surfaces):
        read.cache_clear()
    yield
    for read in (depth_cards, surfaces):
        read.cache_clear()


def four_in(folder, monkeypatch):
    """The four, as files that somebody has dropped into the folder."""
    depth = folder / "depth"
    depth.mkdir()
    for name in FOUR:
        source = "plain20" if name.startswith("plain") else "resnet20"
        shutil.copy(embedded.FOLDER / f"{source}.csv", depth / f"{name}.csv")
        figures = json.loads((embedded.FOLDER / f"{source}.json").read_text())
        blocks = blueprint(PRESETS[name].spec, 32).blocks
        changed = {block.path for block in blocks if block.in_shape != block.out_shape}
        figures["after_deleting"] = {
            block.path: None if name.startswith("plain") and block.path in changed else 0.25
            for block in blocks
        }
        figures["recipe"] = asdict(paper_recipe(8, 2))
        (depth / f"{name}.json").write_text(json.dumps(figures))
    monkeypatch.setattr(embedded, "FOLDER", folder)
    return depth


def test_the_four_are_taken_once_all_are_there(fresh, tmp_path, monkeypatch):
    before = set(depth_cards())
    depth = four_in(tmp_path, monkeypatch)
    depth_cards.cache_clear()
    assert tuple(depth_cards()) == FOUR
    assert {card.folder for card in depth_cards().values()} == {depth}
    (depth / "plain56.json").unlink()
    monkeypatch.undo()
    depth_cards.cache_clear()
    assert set(depth_cards()) == before


def test_the_page_shows_the_four_once_they_are_there(fresh, tmp_path, monkeypatch, open_app):
    four_in(tmp_path, monkeypatch)
    depth_cards.cache_clear()
    app = open_app("why_residual", why_part="photographs", why_lesion_depth="20")
    assert not app.exception
    titles = [PRESETS[name].title for name in FOUR]
    assert list(app.dataframe[0].value["network"]) == titles
    assert len(app.success[0].value.splitlines()) == 3, "plain, residual, and both gaps"
    text = " ".join(box.value for box in app.markdown)
    assert "ResNet-20** names" in text and "ResNet-56** names" not in text
    (recipe,) = (box.value for box in app.caption if "shortened" in box.value)
    assert "182 epochs to 8" in recipe and "--epochs 8 --decay 2" in recipe
    app = open_app("why_residual", why_part="surface")
    assert not app.exception, "their surfaces may come later"
    (method,) = (box.value for box in app.caption if "Li et al." in box.value)
    assert "by another recipe" in method and "have not been computed yet" in method
    titles = {box.value for box in app.markdown if box.value.startswith("**")}
    assert {f"**{PRESETS[name].title}**" for name in surfaces()} <= titles


def test_surfaces_of_the_four_are_shown_once_they_are_there(fresh, tmp_path, monkeypatch, open_app):
    depth = four_in(tmp_path, monkeypatch)
    for name in FOUR:
        source = embedded.__file__.replace("__init__.py", f"{name[:-2]}20.surface.json")
        shutil.copy(source, depth / f"{name}.surface.json")
    for read in (depth_cards, surfaces):
        read.cache_clear()
    assert tuple(surfaces()) == FOUR
    app = open_app("why_residual", why_part="surface")
    (method,) = (box.value for box in app.caption if "Li et al." in box.value)
    assert "those of *On photographs*, trained for 8 epochs" in method
    assert "another recipe" not in method
    said = app.success[0].value
    pair = [surfaces()[name].hollows for name in ("plain56", "resnet56")]
    assert ("no more hollows" in said) == (pair[0] <= pair[1])


def test_weights_of_the_four_answer_where_no_longer_training_does(
    fresh, tmp_path, monkeypatch, open_app
):
    depth = four_in(tmp_path, monkeypatch)
    depth_cards.cache_clear()
    assert set(trained()) == set(cards()), "cards without weights answer nothing"
    recipe = paper_recipe(8, 2)
    for name in FOUR:
        state = stored(build(PRESETS[name].spec, "cpu", 0), recipe)
        save_file(state, depth / f"{name}.safetensors")
    embedded._is_there.cache_clear()  # as for a server that starts now
    assert set(trained()) == {*cards(), *FOUR}
    assert trained()["resnet20"] == cards()["resnet20"], "the longer training answers"
    for keeping in (setups_of, embedded_network):
        keeping.clear()
    try:
        app = open_app("inference", net="resnet56", infer_view="lesions")
        assert not app.exception
        captions = " ".join(box.value for box in app.caption)
        text = " ".join(box.value for box in app.markdown)
        assert f"**{trained()['resnet56'].test_accuracy:.2%}** of the 10,000" in captions
        assert "Random weights" not in text and "No trained weights" not in text
        assert "ResNet-56 keeps" in text and "ResNet-20 keeps" not in text
        app = open_app("inference", net="plain56", infer_view="model_card")
        assert not app.exception
        text = " ".join(box.value for box in app.markdown)
        assert "embedded plain56 --epochs 8 --decay 2`" in text
        every = {PRESETS[name].title for name in trained()}
        shown = [box.value for box in app.header if box.value in every]
        assert shown[0] == PRESETS["plain56"].title and set(shown) == every
    finally:
        for keeping in (setups_of, embedded_network):
            keeping.clear()


@pytest.mark.parametrize("there", [False, True])
def test_the_question_on_deleted_blocks_knows_what_was_measured(
    fresh, tmp_path, monkeypatch, there
):
    if there:
        four_in(tmp_path, monkeypatch)
    depth_cards.cache_clear()
    monkeypatch.setattr(entries, "depth_cards", depth_cards if there else dict)
    (found,) = (
        one for one in entries.read("questions/formulation")[1] if one.id == "deleted-block"
    )
    measured = "ResNet-56 of *Why residual*, trained for 8 epochs, has 27 blocks and falls from"
    assert (measured in found.text) == there
    assert ("were not measured here" in found.text) != there


def test_networks_of_one_recipe_are_compared():
    recipes = [card.recipe for card in depth_cards().values()]
    assert len(recipes) >= 2 and all(recipe == recipes[0] for recipe in recipes)


def test_the_page_says_what_the_cards_say(open_app):
    app = open_app("why_residual", why_part="photographs")
    assert not app.exception
    text = " ".join(element.value for element in (*app.markdown, *app.success))
    for sentence in photographs.verdict(depth_cards()):
        assert sentence in text
    table = app.dataframe[0].value
    assert list(table["network"]) == [PRESETS[name].title for name in depth_cards()]
    errors = [f"{100 * (1 - card.test_accuracy):.2f}" for card in depth_cards().values()]
    assert list(table["test error, %"]) == errors


def test_a_line_of_ones_own(open_app, monkeypatch, tmp_path):
    monkeypatch.setenv(cifar10.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(surface, "_STEPS", (-1.0, 0.0, 1.0))
    surface._losses.clear()
    surface._pictures.clear()
    app = open_app("why_residual", why_part="surface", why_direction="11", why_slice_of="resnet20")
    assert not app.exception
    before = len(app.get("plotly_chart"))
    app.button(key="why_slice").click().run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == before + 1
    losses = surface._losses("resnet20", 11)
    assert losses[1] == min(losses)
    assert app.button(key="why_slice").disabled, "nothing is left to compute"
    app.number_input(key="why_direction").set_value(12).run()
    assert not app.button(key="why_slice").disabled
    surface._losses.clear()
    surface._pictures.clear()


def test_what_is_too_much_is_refused_in_a_sentence(open_app, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_MAX_GMACS", "1")
    surface._losses.clear()
    app = open_app("why_residual", why_part="surface", why_direction="13")
    app.button(key="why_slice").click().run()
    assert not app.exception
    assert any("10^9" in box.value or "billion" in box.value for box in app.warning)


@pytest.mark.parametrize(
    "query",
    [
        {"why_direction": "1e400"},
        {"why_direction": "-1"},
        {"why_slice_of": "resnet9999"},
        {"why_slice_of": ""},
    ],
)
def test_nonsense_in_a_link_gives_the_default(open_app, query):
    app = open_app("why_residual", why_part="surface", **query)
    assert not app.exception
    assert app.number_input(key="why_direction").value == 7


def test_layers_of_another_world_give_the_default(open_app):
    app = open_app("why_residual", why_part="photographs", why_lesion_depth="57")
    assert not app.exception


def test_each_number_is_its_cards(open_app):
    table = open_app("why_residual", why_part="photographs").dataframe[0].value
    for row, (name, card) in zip(table.to_dict("records"), depth_cards().items(), strict=True):
        figures = json.loads((card.folder / f"{name}.json").read_text())
        *_, last = csv.DictReader((card.folder / f"{name}.csv").open())
        assert row["network"] == PRESETS[name].title
        errors = {
            "training": 1 - float(last["training_accuracy"]),
            "held": 1 - figures["held_out_accuracy"],
            "test": 1 - figures["test_accuracy"],
        }
        for kind, error in errors.items():
            (told,) = (value for key, value in row.items() if kind in key and "rror" in key)
            assert float(told) == pytest.approx(100 * error, abs=0.051), (name, kind)


def test_the_rim_is_the_outermost_places():
    rows = ((1.0, 2.0, 3.0), (4.0, 100.0, 5.0), (6.0, 7.0, None))
    # Four corners count twice, as they stand in a row and in a column: 1 1 2 3 3 4 5 6 6 7 inf inf.
    assert surface._rim(Surface("a", 1.0, 1, (1, 2), rows)) == (4.0 + 5.0) / 2


def test_a_line_is_told_at_its_ends_and_in_its_middle(monkeypatch):
    told = []
    monkeypatch.setattr(surface.chart, "show", lambda figure, key, alt: told.append(alt))
    losses = tuple(float(step) for step in range(100, 100 + len(surface._STEPS)))
    surface._lines({"plain20": losses})
    middle = surface._STEPS.index(0.0)
    assert all(f"{losses[at]:.3g}" in told[0] for at in (0, middle, -1))
