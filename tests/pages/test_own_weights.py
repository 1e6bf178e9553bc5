"""A visitor's file of weights on the pages: told, adopted, read, and used elsewhere."""

import io
import re

import pytest
import torch

from explorer.experiments.embedded import cards
from explorer.networks.weights import read_state
from tests.pages.written import words


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))


def give(app, name: str, value: object) -> None:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    element = next(e for e in app.get("file_uploader") if e.key == "infer_state_dict")
    element.upload(name, buffer.getvalue(), "application/x-tar").run()
    assert [element.value for element in app.exception] == []


@pytest.fixture(scope="module")
def trained() -> dict[str, torch.Tensor]:
    path = cards()["resnet20"].path
    return read_state(path, path.name)


def test_trained_weights_under_other_names_are_read_rightly(open_app, no_cache, trained) -> None:
    """The network on board, wrapped and renamed: option A is told from plain and from zeros on
    both sides, and it answers as it does on board."""
    app = open_app("inference", infer_weights="file")
    whole = {"net": {f"module.{key}": value for key, value in trained.items()}, "acc": 91.0}
    give(app, "ckpt.pth.tar", whole)
    told = words(app)
    assert "`'ckpt.pth.tar'` is **ResNet-20**" in told and "269,722 parameters" in told
    assert "zeros after" in told
    assert app.query_params["net"] == "resnet20"
    assert "entries without tensors: `'acc'`" in told
    assert "batch norm" in told and "stored deviations" in told
    assert app.get("file_uploader"), "the file can be exchanged"
    # No file holds eps: with another one it is the same file's network.
    app.query_params["norm_eps"] = "0.001"
    app.run()
    assert "is not of the network in the sidebar" not in words(app)
    assert "`'ckpt.pth.tar'` is" in words(app)
    app.switch_page("pages/batch_norm.py")
    app.query_params["bn_section"] = "layer"
    app.run()
    assert [element.value for element in app.exception] == []
    assert "the weights are of your file" in words(app)


def test_the_file_in_use_is_shown_after_another_page_and_can_be_removed(
    open_app, no_cache, trained
) -> None:
    app = open_app("inference", infer_weights="file", infer_view="model_card")
    give(app, "*mine*.pth", {"state_dict": trained})
    card = words(app)
    assert "`'*mine*.pth'`: 1.1 MB, saved by torch.save; numbers stored as float32" in card
    assert (
        "divided by 0.247, 0.2435, 0.2616" in card
        and "becomes 32 pixels, and the middle 32×32 are read" in card
    )
    assert "no file of weights says" in card
    app.switch_page("pages/quiz.py").run()
    app.switch_page("pages/inference.py").run()
    assert "Your file: `'*mine*.pth'`, 1.1 MB" in words(app)
    assert "269,722 parameters" in words(app)
    next(button for button in app.button if button.key == "infer_remove").click().run()
    assert [element.value for element in app.exception] == []
    assert "Until you choose a file" in words(app) and "Blocks per stage" not in words(app)
    uploader = next(e for e in app.get("file_uploader") if e.key.startswith("infer_state_dict"))
    assert uploader.value is None


def test_yours_against_the_nearest(open_app, no_cache, trained) -> None:
    """The file's answer is the answer of the network on board whose weights it holds; the other
    side is what the app carries."""
    app = open_app("inference", infer_weights="file", infer_sample="cat")
    give(app, "mine.pth", trained)
    app.switch_page("pages/compare.py")
    app.query_params["compare_picture"] = "true"
    app.query_params["with"] = "plain20"
    app.run()
    assert [element.value for element in app.exception] == []
    told = words(app)
    assert "weights: your file `'mine.pth'`" in told and "weights: trained, on board" in told
    app.query_params["net"] = "resnet110"
    app.run()
    assert "Your file `'mine.pth'` is of another network." in words(app)
    next(button for button in app.button if button.key == "compare_own").click().run()
    assert [element.value for element in app.exception] == []
    assert app.query_params["net"] == "resnet20"
    assert "weights: your file `'mine.pth'`" in words(app)


def test_a_network_for_small_pictures_is_taken_at_their_size(open_app, no_cache) -> None:
    from tests.networks.authors import LARGE, bottleneck_names, kuangliu, layered

    torch.manual_seed(0)
    unit = bottleneck_names("shortcut")
    network = layered(unit, LARGE, (3, 4, 6, 3), expansion=4).eval()
    app = open_app("inference", infer_weights="file", infer_view="model_card")
    give(app, "ckpt.pth", kuangliu(network))
    told = words(app)
    assert "stem (CIFAR)" in told and "becomes 32 pixels" in told
    # Nearest to a network that is usually shown at 224.
    assert (app.query_params["net"], app.query_params["image_size"]) == ("resnet50", "32")


def test_what_no_reading_comes_near_to_is_said(open_app, no_cache, trained) -> None:
    app = open_app("inference", infer_weights="file")
    give(app, "right.pth", trained)
    assert "Even the nearest reading is far" not in words(app)
    moved = {
        key: value + 2 * trained[key.replace("mean", "var")].sqrt()
        if key.endswith("running_mean")
        else value
        for key, value in trained.items()
    }
    app = open_app("inference", infer_weights="file")
    give(app, "moved.pth", moved)
    assert "Even the nearest reading is far" in words(app)


def test_without_a_classifier_maps_work_and_answers_are_not_invented(
    open_app, no_cache, trained
) -> None:
    app = open_app("inference", infer_weights="file", infer_view="grad_cam", net="resnet20")
    body = {key: value for key, value in trained.items() if not key.startswith("fc.")}
    give(app, "body.pth", body)
    assert "no classifier" in words(app) and "Grad-CAM (Selvaraju" not in words(app)
    assert app.query_params["num_classes"] == "1"


def test_what_is_refused_is_refused_in_our_words(open_app, no_cache) -> None:
    app = open_app("inference", infer_weights="file")
    give(app, "optimiser.pth", {"state": {}, "param_groups": [{"lr": 0.1}]})
    assert "holds an optimiser's state and no network" in words(app)
    assert "No trained weights of" not in words(app)


def test_what_batch_norm_remembers_and_two_mistakes(open_app) -> None:
    right = open_app("batch_norm", bn_section="modes")
    assert [element.value for element in right.exception] == []
    assert "Turn a switch" in words(right)
    wrong = open_app("batch_norm", bn_section="modes", bn_forget="true")
    assert "instead of" in words(wrong)


def test_class_names_are_no_markdown() -> None:
    from explorer.ui.inference.own_setup import harmless

    assert harmless("great white shark, (1)") == "great white shark, (1)"
    assert harmless("great_white_shark") == "great white shark"
    said = harmless("**a** [b](http://c.d) $x$ :red[e] :smile: <i>f</i> `g` \\[h")
    assert not set(said) & set("*[]$<>`\\_")
    assert all(part.startswith(" ") for part in f"{said} ".split(":")[1:])  # no :red, no :smile:
    assert harmless("***") == "?"


def as_of_0_to_1(tensors):
    """The same network for pictures that nobody normalised: the first convolution is linear, so
    only the borders, where zeros stand for other colours, differ."""
    from explorer.experiments.readings import VALUES

    (mean, std, _), (other, wide, _) = VALUES["cifar10"], VALUES["none"]
    old, new, by, times = map(torch.tensor, (mean, other, std, wide))
    found = {key: value.clone() for key, value in tensors.items()}
    weight = tensors["conv1.weight"]
    found["conv1.weight"] = weight * (times / by).view(1, 3, 1, 1)
    found["bn1.running_mean"] -= (weight.sum((2, 3)) * ((new - old) / by)).sum(1)
    return found


def test_batch_norm_shows_a_file_with_what_its_own_training_did_to_pixels(
    open_app, no_cache, trained
) -> None:
    averages = []
    for tensors in (trained, as_of_0_to_1(trained)):
        app = open_app("inference", infer_weights="file")
        give(app, "mine.pth", tensors)
        app.switch_page("pages/batch_norm.py")
        app.query_params["bn_section"] = "modes"
        app.run()
        assert [element.value for element in app.exception] == []
        told = re.search(r"On average (\d\.\d+) stored deviations", words(app))
        assert told is not None
        averages.append(float(told[1]))
    assert averages[0] == pytest.approx(averages[1], abs=0.02)


VIEWS = ("preprocessing", "feature_maps", "grad_cam", "receptive_field", "origin", "gradient",
         "lesions", "modes", "many", "speed", "model_card")  # fmt: skip


def test_a_head_of_two_layers_answers_and_every_view_opens(open_app, no_cache, trained) -> None:
    """The network on board, its classifier behind a layer that passes on what it reads: the same
    answer."""
    state = {key: value for key, value in trained.items() if not key.startswith("fc.")}
    state |= {"fc.0.weight": torch.eye(64), "fc.0.bias": torch.zeros(64)}
    state |= {f"fc.3.{part}": trained[f"fc.{part}"] for part in ("weight", "bias")}
    lightning = {"state_dict": {f"model.{key}": value for key, value in state.items()}}
    app = open_app("inference", infer_weights="file")
    give(app, "epoch=99.ckpt", {**lightning, "hyper_parameters": {"lr": 0.1}})
    told = words(app)
    assert "Its head has two linear layers, 64 channels between them" in told
    headings = [one.value for kind in (app.title, app.header, app.subheader) for one in kind]
    assert any("class 3: 99.6" in one for one in (*headings, told)), headings
    for view in VIEWS:
        app.query_params["infer_view"] = view
        app.run()
        assert [element.value for element in app.exception] == [], view


def test_where_no_norm_remembers_pixels_that_is_said(open_app, no_cache, trained) -> None:
    """Group norm's file: what was done to pixels, and how many groups it has, nobody knows."""
    state = {key: value for key, value in trained.items()
             if "running" not in key and "num_batches" not in key}  # fmt: skip
    app = open_app("inference", infer_weights="file")
    give(app, "groups.pth", state)
    told = words(app)
    assert "Nothing in this file tells what was done to the pixels" in told
    assert re.search(r"between \d+ and \d+ of 12 photographs", told)
    assert "taken for group norm of up to 32 groups" in told
    assert len(app.table) == 1


def test_that_photographs_do_not_tell_the_pixels_values_is_said(trained) -> None:
    from explorer.experiments.readings import Remembered, Weighed
    from explorer.experiments.weighing import Verdict
    from explorer.networks.recognise import recognise
    from explorer.ui.inference.own_told import values_judged
    from explorer.ui.own_weights import Mine

    buffer = io.BytesIO()
    torch.save(trained, buffer)
    mine = Mine("a.pth", "key", b"", recognise(buffer.getvalue(), "a.pth"))

    def verdict(exact: bool, *distances: float) -> Verdict:
        names = ("cifar10", "imagenet", "half")
        return Verdict(values=tuple(
            Weighed(name, Remembered(("bn1",), (distance,), (0.0,)), by_spread=not exact)
            for name, distance in zip(names, distances, strict=False)
        ), exact=exact)  # fmt: skip

    told = values_judged(mine, verdict(False, 0.2, 0.3, 0.9))
    assert "is not decided" in told
    assert "*CIFAR-10's mean and deviation (0.247)* is taken" in told
    assert "as near are *ImageNet's mean and deviation*." in told and "-1 to 1" not in told
    assert values_judged(mine, verdict(True, 0.01, 0.02)) == ""
    told = values_judged(mine, verdict(True, 0.018, 0.022, 0.2))
    assert "Its first layer tells" in told and "as near are *ImageNet's mean" in told
    assert "-1 to 1" not in told
    assert values_judged(mine, verdict(False, 0.1, 0.9)) == "" == values_judged(mine, Verdict())


def test_how_much_of_a_picture_is_read_is_chosen(open_app, no_cache) -> None:
    """Ten classes behind a stem for large pictures: small ones, enlarged and whole; the middle of
    256 pixels is one click away, and with it the answer changes."""
    from explorer.architecture import NetworkSpec
    from explorer.networks import build

    spec = NetworkSpec("basic", (1, 1, 1, 1), (8, 8, 8, 8), num_classes=10)
    app = open_app("inference", infer_weights="file", infer_view="preprocessing")
    give(app, "ten.pth", build(spec).state_dict())
    whole = words(app)
    assert "The shorter side becomes 224 pixels, the middle 224 × 224 are kept" in whole
    frame = next(e for e in app.get("button_group") if e.key == "infer_frame")
    frame.set_value("middle").run()
    assert [element.value for element in app.exception] == []
    assert app.query_params["infer_frame"] == "middle"
    assert "The shorter side becomes 256 pixels, the middle 224 × 224 are kept" in words(app)
    app.query_params["infer_frame"] = "nonsense"
    app.run()
    assert "The shorter side becomes 224 pixels" in words(app)
