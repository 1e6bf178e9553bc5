"""The Inference page against visitors who ask too much, hand in nonsense, or follow odd links."""

import time

import pytest
import torch
from safetensors.torch import save
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1.element_tree import Selectbox

from explorer.architecture import preset
from explorer.networks import build
from explorer.ui import cache as ui_cache
from explorer.ui import settings, uploads
from tests.pages.test_inference import SECTIONS, clean, jpeg, uploader
from tests.pages.written import words

ABSURD = {
    "net": "custom",
    "block": "basic",
    "depths": "1",
    "widths": "4080",
    "stem": "cifar",
    "num_classes": "10",
    "batch_norm": "no",
    "shortcut": "none",
}


OVERFLOWING = {
    "net": "custom",
    "block": "basic",
    "depths": "640",
    "widths": "4",
    "stem": "cifar",
    "activation_order": "pre",
    "num_classes": "10",
    "image_size": "8",
}


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """No weights of torchvision's are on this machine."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))


@pytest.fixture
def nothing_built(monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer import networks

    def refuse(*_: object) -> None:
        raise AssertionError("a network was built that may not be run")

    monkeypatch.setattr(networks, "build", refuse)
    ui_cache.network_of.clear()


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_too_much_is_refused_at_once_in_every_view(
    open_app, no_cache, nothing_built, section: str
) -> None:
    begun = time.process_time()
    app = open_app("inference", **ABSURD, image_size="140", infer_view=section)
    clean(app)
    assert "billion multiply-accumulates; at most 1,000 billion" in words(app)
    assert list(app.header) == [] or section == "model_card"
    assert time.process_time() - begun < 30


@pytest.mark.parametrize("state", ["above", "initial"])
@pytest.mark.parametrize("most", ["1", "5"])
@pytest.mark.parametrize("view", ["gradient", "origin"])
def test_what_is_too_much_is_refused_in_a_part_of_the_page_too(
    open_app, no_cache, monkeypatch, view: str, most: str, state: str
) -> None:
    """A pass through ResNet-18 takes 1.8 billion, and there and back three times as many."""
    monkeypatch.setenv("RESNET_EXPLORER_MAX_GMACS", most)
    app = open_app("inference", net="resnet18", infer_view=view, gradient_state=state)
    clean(app)
    refused = f"billion multiply-accumulates; at most {most} billion" in words(app)
    assert refused == (view == "gradient" or most == "1")


def test_too_much_memory_is_refused(open_app, no_cache, nothing_built, monkeypatch) -> None:
    from explorer.ui import budget

    monkeypatch.setattr(budget, "limit", lambda: 100 * 10**6)
    app = open_app("inference", net="wide_resnet50_2", image_size="33", infer_weights="untrained")
    clean(app)
    assert "MB of memory; at most 100 MB are used here" in words(app)


@pytest.mark.parametrize(
    "section", ["feature_maps", "grad_cam", "receptive_field", "lesions", "modes"]
)
def test_untrained_values_that_grow_without_end(open_app, no_cache, section: str) -> None:
    """As Pre-act ResNet-1001's and ResNet-1202's, by whose clicks an error page came."""
    app = open_app("inference", **OVERFLOWING, infer_view=section)
    clean(app)
    assert "Without training, the values grew past what 32-bit floats can hold" in words(app)
    assert "nan" not in words(app).lower().replace("inf or nan", "")


@pytest.mark.parametrize("block", ["last", "layer1.500"])
def test_no_half_of_a_gradient_that_is_no_number(open_app, no_cache, block: str) -> None:
    app = open_app("inference", **OVERFLOWING, infer_view="receptive_field", infer_field=block)
    clean(app)
    assert "can see" in words(app)


@pytest.fixture
def spoiled() -> dict[str, torch.Tensor]:
    state = build(preset("resnet20")).state_dict()
    state["layer2.1.conv1.weight"][0] = torch.nan
    return state


@pytest.mark.parametrize("section", SECTIONS)
def test_a_file_whose_values_are_no_numbers(open_app, no_cache, spoiled, section: str) -> None:
    app = open_app("inference", net="resnet20", infer_weights="file", infer_view=section)
    element = next(e for e in app.get("file_uploader") if e.key == "infer_state_dict")
    element.upload("nan.safetensors", save(spoiled), "application/octet-stream").run()
    clean(app)
    assert "The file holds values that are not numbers" in words(app)
    assert "Without training" not in words(app)
    assert "nan%" not in words(app)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_file_whose_values_overflow_on_the_way(open_app, no_cache, section: str) -> None:
    state = build(preset("resnet20")).state_dict()
    state["fc.weight"][:] = 3e38
    app = open_app("inference", net="resnet20", infer_weights="file", infer_view=section)
    element = next(e for e in app.get("file_uploader") if e.key == "infer_state_dict")
    element.upload("large.safetensors", save(state), "application/octet-stream").run()
    clean(app)
    assert "With this file's weights the values grew" in words(app)


def test_of_very_many_classes_the_likeliest_are_offered_and_any_is_found(
    open_app, no_cache, monkeypatch
) -> None:
    """All 100,000 names, some 3 MB, were sent to the visitor at each rerun."""
    many = {"net": "custom", "block": "basic", "depths": "1", "widths": "1", "stem": "cifar",
            "num_classes": "100000", "image_size": "32", "infer_view": "grad_cam"}  # fmt: skip
    app = open_app("inference", **many)
    clean(app)
    box = app.selectbox("infer_class")
    assert len(box.options) <= 1_001
    for asked in ("54321", "class 54321 (54321)"):
        app = open_app("inference", **many, infer_class=asked)
        clean(app)
        assert app.selectbox("infer_class").value == "54321"
        assert "class 54321" in words(app)
    for typed, found in (("99999", "99999"), ("class 7", "7"), ("100000", "top"), ("?", "top")):
        # AppTest finds no value that is not in a select's list, as the browser does.
        told = {"infer_class": typed, "num_classes": "100000"}
        answer = property(lambda box, told=told: _said(box, told))
        with monkeypatch.context() as patch:
            patch.setattr(Selectbox, "_widget_state", answer)
            app.run()
        clean(app)
        assert app.selectbox("infer_class").value == found


_AS_APPTEST_SAYS = Selectbox._widget_state.fget


def _said(box: Selectbox, told: dict[str, str]) -> WidgetState:
    if box.key in told:
        return WidgetState(id=box.id, string_value=told[box.key])
    return _AS_APPTEST_SAYS(box)


KEYS = [
    "infer_view",
    "infer_from",
    "infer_sample",
    "infer_weights",
    "infer_block",
    "infer_scale",
    "infer_class",
    "infer_cam_block",
    "infer_field",
    "infer_row",
    "infer_column",
    "infer_forget",
]
VIEW_OF = {
    "infer_block": "feature_maps",
    "infer_scale": "feature_maps",
    "infer_class": "grad_cam",
    "infer_cam_block": "grad_cam",
    "infer_field": "receptive_field",
    "infer_row": "receptive_field",
    "infer_column": "receptive_field",
}


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_the_address_that_is_none(open_app, key: str) -> None:
    view = {"infer_view": VIEW_OF[key]} if key in VIEW_OF else {}
    for value in ("", "1e400", "nan", "-5", "𝟙²", "<b>", "x" * 300):
        app = open_app("inference", net="resnet20", **view, **{key: value})
        clean(app)
        assert list(app.error) == [], value
        assert app.header[0].value.startswith("cat: ")


@pytest.mark.parametrize(
    ("old", "key", "now"),
    [
        ({"infer_view": "Feature maps"}, "infer_view", "feature_maps"),
        ({"infer_view": "train or eval"}, "infer_view", "modes"),
        ({"infer_weights": "my file"}, "infer_weights", "file"),
        ({"infer_view": "Grad-CAM", "infer_class": "deer (4)"}, "infer_class", "4"),
        ({"infer_view": "Grad-CAM", "infer_class": "top answer"}, "infer_class", "top"),
        ({"infer_view": "Receptive field", "infer_field": "last block"}, "infer_field", "last"),
        ({"infer_view": "Feature maps", "infer_scale": "common"}, "infer_scale", "common"),
    ],
    ids=str,
)
def test_links_of_before_open_what_they_did(open_app, old, key: str, now: str) -> None:
    app = open_app("inference", net="resnet20", **old)
    clean(app)
    assert app.session_state[key] == now


def test_names_of_files_are_text(open_app, no_cache) -> None:
    name = "![x](//host/a) **b** $c$"
    app = open_app("inference", net="resnet20", infer_from="upload", infer_weights="file")
    uploader(app).upload(f"{name}.png", b"no picture" * 9, "image/png").run()
    clean(app)
    assert f"`'{name}.png'` is not a picture" in words(app)
    element = next(e for e in app.get("file_uploader") if e.key == "infer_state_dict")
    for data in (b"nothing", save(build(preset("plain20"), seed=5).state_dict())):
        element.upload(f"{name}.safetensors", data, "application/octet-stream").run()
        clean(app)
        assert f"`'{name}.safetensors'`" in words(app)
        assert words(app).count(name) == words(app).count(f"`'{name}")


def test_the_servers_folder_is_offered_only_where_its_owner_says_so(
    open_app, monkeypatch, tmp_path
) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    torch.save(build(preset("resnet20")).state_dict(), folder / "customer_model.pth")
    (folder / "folder.pth").mkdir()
    (folder / "nowhere.pth").symlink_to(folder / "gone")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def shown() -> str:
        app = open_app("inference", net="resnet20", infer_weights="file")
        clean(app)
        return str(app.main) + str([box.options for box in app.selectbox])

    assert "customer_model" not in shown() and str(tmp_path) not in shown()
    monkeypatch.setenv(settings.OFFER_FOLDER, "yes")
    assert "customer_model.pth" in shown() and str(tmp_path) not in shown()
    assert "folder.pth" not in shown() and "nowhere.pth" not in shown()


def test_uploads_beyond_the_sum_are_refused_in_a_sentence(open_app, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "all_uploads", lambda: small)
    small = uploads.Uploads(most=10**9, per_visitor=10)
    app = open_app("inference", net="resnet20", infer_from="upload")
    uploader(app).upload("mine.jpg", jpeg(), "image/jpeg").run()
    clean(app)
    assert "the files of one visitor may have" in words(app)
    assert app.header[0].value.startswith("cat: "), "the sample answers"
