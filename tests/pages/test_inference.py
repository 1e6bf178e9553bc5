"""The Inference page in AppTest: every section, several networks, odd files, odd links."""

import dataclasses
import hashlib
import io
import re
import threading

import pytest
import torch
from PIL import Image
from safetensors.torch import save

from explorer.architecture import blueprint, preset
from explorer.experiments.byte_cache import ByteCache
from explorer.experiments.preprocess import CIFAR
from explorer.networks import build
from explorer.networks.download import Download
from explorer.ui import budget, downloading, uploads
from explorer.ui import cache as ui_cache
from explorer.ui.inference import cache as inference_cache
from explorer.ui.inference import receptive_field
from explorer.ui.inference.scene import setups_of
from explorer.words import label
from tests.pages.written import words

SECTIONS = [
    "preprocessing",
    "feature_maps",
    "grad_cam",
    "receptive_field",
    "lesions",
    "modes",
    "many",
    "model_card",
]


def clean(app) -> None:
    assert [element.value for element in app.exception] == []


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """No weights of torchvision's are on this machine."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section(open_app, section: str) -> None:
    app = open_app("inference", net="resnet20", infer_view=section)
    clean(app)
    assert app.header[0].value.startswith("cat: ")
    assert list(app.warning) == [] and list(app.error) == []


def test_the_channels_that_can_be_chosen_are_all_and_none_twice(open_app) -> None:
    where = {"infer_view": "feature_maps", "infer_block": "layer3.0", "infer_weights": "random"}
    app = open_app("inference", net="resnet18", image_size="64", **where)
    clean(app)
    (box,) = (one for one in app.selectbox if one.label == "Of 256 channels")
    assert box.options == ["0 to 63", "64 to 127", "128 to 191", "192 to 255"]


def test_a_position_that_is_clicked_is_the_one_that_the_sliders_hold() -> None:
    for size in range(1, 33):
        shares = [receptive_field._per_cent(index, size) for index in range(size)]
        assert [round(share / 100 * (size - 1)) for share in shares] == list(range(size))
        assert shares[0] == 0 and (shares[-1] == 100 or size == 1)


def test_the_margin_is_in_points_and_the_times_in_milliseconds(open_app) -> None:
    """Each against the prediction itself, so that no factor is lost on the way to the page."""
    app = open_app("inference", net="resnet20", infer_view="many")
    clean(app)
    (table,) = (frame.value for frame in app.dataframe if "margin" in frame.value)
    for row in table.to_dict("records"):
        assert 0 <= row["margin"] <= row["probability"] <= 100
        # Of ten classes the likeliest has at least a tenth of what the second leaves.
        assert row["probability"] >= 10
        second = row["probability"] - row["margin"]
        assert row["probability"] + second <= 100.001
    said = next(caption.value for caption in app.caption if caption.value.startswith("Margin "))
    points = float(said.split()[1])
    cat = next(row for row in table.to_dict("records") if row["name"] == "cat")
    assert points == pytest.approx(cat["margin"], abs=0.06)
    times = next(caption.value for caption in app.caption if caption.value.startswith("decode "))
    *parts, total = re.findall(r"\d+\.\d", times)
    assert sum(map(float, parts)) == pytest.approx(float(total), abs=0.2)


@pytest.mark.parametrize(
    "query",
    [
        {"net": "plain20"},
        {"net": "resnext50_32x4d"},
        {"net": "preact_resnet164"},
        {"net": "resnet20", "image_size": "33"},
        {"net": "resnet20", "depths": "1, 2, 1", "num_classes": "7"},
        {"net": "resnet18", "in_channels": "1", "image_size": "64"},
        {"net": "resnet20", "batch_norm": "no"},
    ],
    ids=str,
)
@pytest.mark.parametrize("section", ["feature_maps", "lesions", "modes"])
def test_other_networks(open_app, no_cache, query: dict[str, str], section: str) -> None:
    app = open_app("inference", **query, infer_view=section)
    clean(app)
    assert list(app.error) == []


def test_on_a_fresh_machine_the_page_opens_with_a_network_that_knows_a_cat(
    open_app, no_cache
) -> None:
    app = open_app("inference")
    clean(app)
    assert app.header[0].value.startswith("cat: ")
    assert "ResNet-18, with which the sidebar starts, has no trained weights" in words(app)
    assert "A picture goes through ResNet-20" in words(app)
    assert "Download V1: 46.8 MB" in [button.label for button in app.button]
    app.button(key="infer_untrained").click().run()
    clean(app)
    assert app.header[0].value.startswith("Untrained guess: ")
    assert "A picture goes through ResNet-18" in words(app)


def test_a_link_to_a_position_shows_it_at_once(open_app) -> None:
    link = {"infer_view": "receptive_field", "infer_field": "layer3.2"}
    app = open_app("inference", net="resnet20", **link, infer_row="0", infer_column="100")
    clean(app)
    assert "Row 1, column 8 of **conv4_3 (layer3.2)**" in words(app)


@pytest.mark.parametrize(
    "query",
    [
        {"net": "resnet18"},
        {"net": "ResNet-18"},
        {"net": "ResNet-34"},
        {"num_classes": "10"},
        {"image_size": "64"},
        {"infer_weights": "untrained"},
    ],
    ids=str,
)
def test_a_network_that_somebody_asked_for_is_taken(open_app, no_cache, query) -> None:
    app = open_app("inference", **query)
    clean(app)
    assert app.header[0].value.startswith("Untrained guess: ")
    assert "with which the sidebar starts" not in words(app)


def test_a_network_chosen_in_the_sidebar_is_taken(open_app, no_cache) -> None:
    app = open_app("inference")
    app.selectbox(key="net").set_value("ResNet-34").run()
    app.selectbox(key="net").set_value("ResNet-18").run()
    clean(app)
    assert "A picture goes through ResNet-18" in words(app)


def test_the_stand_in_keeps_its_own_weights(open_app, no_cache) -> None:
    app = open_app("inference")
    app.selectbox(key="infer_weights").set_value("on_board").run()
    clean(app)
    assert "A picture goes through ResNet-20" in words(app)
    assert "There are no weights" not in words(app)


def test_two_downloads_at_once(open_app, no_cache, monkeypatch) -> None:
    """Each with a bar and a button of its own; ResNet-50 has two versions."""
    gate = threading.Event()

    def wait(self) -> None:
        gate.wait(60)
        self.state = "cancelled"

    monkeypatch.setattr(Download, "_run", wait)
    downloading.downloads.cache_clear()
    try:
        app = open_app("inference", net="resnet50", image_size="64")
        for version in ("V1", "V2"):
            app.button(key=f"infer_download_{version}").click().run()
        clean(app)
        cancels = [button.key for button in app.button if button.label == "Cancel the download"]
        assert cancels == ["infer_download_V2_cancel", "infer_download_V1_cancel"]
    finally:
        gate.set()
        downloading.downloads.cache_clear()


def test_without_weights_the_page_says_so_and_offers_a_way_out(open_app, no_cache) -> None:
    app = open_app("inference", net="resnet18")
    clean(app)
    assert "No trained weights of ResNet-18 are on this machine" in words(app)
    assert "ResNet-20, trained and on board, says **cat**" in words(app)
    labels = [button.label for button in app.button]
    assert "Download V1: 46.8 MB" in labels
    next(b for b in app.button if b.label.startswith("Switch to ResNet-20")).click().run()
    clean(app)
    assert "No trained weights" not in words(app)
    assert app.header[0].value.startswith("cat: ")


def test_untrained_stated_plainly(open_app) -> None:
    app = open_app("inference", net="resnet20", infer_weights="untrained")
    clean(app)
    assert "Random weights, as before training" in words(app)


def test_a_network_that_overflows(open_app) -> None:
    app = open_app("inference", net="preact_resnet1001", infer_weights="untrained")
    clean(app)
    assert "the values grew past what 32-bit floats can hold" in words(app)
    assert list(app.header) == []
    for section in ("feature_maps", "grad_cam", "lesions"):
        app.segmented_control(key="infer_view").set_value(section).run()
        clean(app)


@pytest.mark.parametrize(
    "query",
    [
        {"infer_sample": "nonsense"},
        {"infer_view": "nonsense"},
        {"infer_weights": "nonsense"},
        {"infer_from": "nonsense"},
        {"infer_view": "Feature maps", "infer_block": "layer9.9", "infer_scale": "x"},
        {"infer_view": "Grad-CAM", "infer_class": "unicorn", "infer_cam_block": "layer9.9"},
        {"infer_view": "Receptive field", "infer_field": "?", "infer_row": "400"},
        {"infer_weights": "torchvision V2"},
        {"infer_weights": "my file"},
    ],
    ids=str,
)
def test_odd_links(open_app, query: dict[str, str]) -> None:
    app = open_app("inference", net="resnet20", **query)
    clean(app)
    assert list(app.error) == []


def test_five_channels_are_refused_in_a_sentence(open_app) -> None:
    app = open_app("inference", net="resnet18", in_channels="5", image_size="64")
    clean(app)
    assert "takes 5 channels; a photograph has 3" in words(app)


def jpeg(colour: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def uploader(app):
    return next(e for e in app.get("file_uploader") if e.key == "infer_file")


def test_upload_and_what_survives_a_visit_elsewhere(open_app) -> None:
    app = open_app("inference", net="resnet20", infer_from="upload")
    assert "Until you upload one, the sample is shown." in words(app)
    uploader(app).upload("mine.jpg", jpeg(size=(64, 48)), "image/jpeg").run()
    clean(app)
    assert "Until you upload" not in words(app)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/inference.py").run()
    clean(app)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("cut.jpg", jpeg(size=(400, 300))[:1000], "`'cut.jpg'` is damaged or cut short"),
        ("letter.png", b"Dear reader," * 50, "`'letter.png'` is not a picture"),
    ],
)
def test_odd_uploads_say_one_sentence(open_app, name: str, data: bytes, sentence: str) -> None:
    app = open_app("inference", net="resnet20", infer_from="upload")
    uploader(app).upload(name, data, "image/jpeg").run()
    clean(app)
    assert len(app.error) == 1 and app.error[0].value.startswith(sentence)
    assert app.header[0].value.startswith("cat: ")


def test_state_dict_that_fits_and_one_that_does_not(open_app, no_cache) -> None:
    app = open_app("inference", net="resnet20", infer_weights="file")
    clean(app)

    def give(name: str, data: bytes) -> None:
        element = next(e for e in app.get("file_uploader") if e.key == "infer_state_dict")
        element.upload(name, data, "application/octet-stream").run()
        clean(app)

    give("other.safetensors", save(build(preset("resnet32")).state_dict()))
    assert "`'other.safetensors'` is **ResNet-32**" in words(app)
    assert app.query_params["net"] == "resnet32", "it is the sidebar's choice now"
    give("fits.safetensors", save(build(preset("resnet20"), seed=5).state_dict()))
    assert list(app.error) == []
    assert "`'fits.safetensors'` is **ResNet-20**" in words(app)
    assert app.query_params["net"] == "resnet20"
    next(e for e in app.selectbox if e.key == "net").select("resnet44").run()
    clean(app)
    assert "`'fits.safetensors'` is not of the network in the sidebar (ResNet-44)" in words(app)
    app.button(key="infer_take").click().run()
    clean(app)
    assert app.query_params["net"] == "resnet20"
    next(e for e in app.get("file_uploader") if e.key == "infer_state_dict").set_value(None).run()
    assert "fits.safetensors" not in words(app), "taken out, it is let go of"


def test_a_large_state_dict_is_digested_once(open_app, no_cache, monkeypatch) -> None:
    """ResNet-50's own file may be uploaded, and later reruns do not read its 100 MB again."""
    app = open_app("inference", net="resnet50", image_size="64", infer_weights="file")
    element = next(e for e in app.get("file_uploader") if e.key == "infer_state_dict")
    data = save(build(preset("resnet50"), seed=5).state_dict())
    assert len(data) > 100_000_000
    element.upload("mine.safetensors", data, "application/octet-stream").run()
    clean(app)
    assert "`'mine.safetensors'` is **ResNet-50**" in words(app)
    digest = uploads.digest

    def digest_of_small_ones(found: bytes) -> str:
        assert len(found) < 100_000_000
        return digest(found)

    monkeypatch.setattr(uploads, "digest", digest_of_small_ones)
    app.run()
    clean(app)
    assert "`'mine.safetensors'` is **ResNet-50**" in words(app)


def test_lesions_of_the_plain_twin(open_app, monkeypatch, tmp_path) -> None:
    """Where plain-20 is on board, its deletions stand beside ResNet-20's."""
    from explorer.experiments import embedded

    for path in embedded.FOLDER.glob("resnet20.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
        if path.suffix != ".safetensors":
            (tmp_path / f"plain20{path.suffix}").write_bytes(path.read_bytes())
    (tmp_path / "plain20.safetensors").write_bytes(save(build(preset("plain20")).state_dict()))
    monkeypatch.setattr(embedded, "FOLDER", tmp_path)
    embedded.cards.cache_clear()
    ui_cache.embedded_network.clear()
    try:
        app = open_app("inference", net="resnet20", infer_view="lesions")
        clean(app)
        assert "The same picture, the same deletions, on Plain-20" in words(app)
        assert "2 blocks change the shape and cannot be deleted" in words(app)
    finally:
        embedded.cards.cache_clear()
        ui_cache.embedded_network.clear()


def test_two_visitors_with_different_networks(open_app) -> None:
    first = open_app("inference", net="resnet20")
    second = open_app("inference", net="plain20", infer_sample="moose")
    first.run()
    assert first.header[0].value.startswith("cat: ")
    clean(first)
    clean(second)


def test_ten_scenes_at_once_have_ten_right_answers() -> None:
    """The page's own caches, from ten threads, as ten sessions use them."""
    from explorer.experiments.samples import samples
    from explorer.ui.inference import scene, upload

    chosen = [upload.of_sample(sample) for sample in samples().values()]
    loaded = scene.embedded("resnet20", "cpu")
    base = scene.Scene(
        "", "", chosen[0].picture, CIFAR, loaded, blueprint(preset("resnet20"), 32), ""
    )
    scenes = [base.of(one.key, one.picture) for one in chosen]
    network = loaded.network()
    pictures = [one.prepared.tensor for one in scenes]
    with torch.inference_mode():
        walked = [network(tensor)[0] for tensor in pictures]
    inference_cache.prediction.clear()
    expected = [inference_cache.prediction(one).logits for one in scenes]
    for alone, by_network in zip(expected, walked, strict=True):
        assert alone.argmax() == by_network.argmax()
        assert (alone - by_network).abs().max() < 1e-5 * by_network.abs().max()
    inference_cache.prediction.clear()
    found: dict[int, torch.Tensor] = {}

    def visit(index: int) -> None:
        found[index] = inference_cache.prediction(scenes[index]).logits

    threads = [threading.Thread(target=visit, args=(index,)) for index in range(len(scenes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(scenes) >= 10
    assert all(torch.equal(found[index], expected[index]) for index in found)


@pytest.mark.parametrize("intact", [True, False])
def test_weights_in_torchs_cache(open_app, no_cache, monkeypatch, intact: bool) -> None:
    """A downloaded file is used at once; one with a wrong checksum is named and not loaded."""
    from explorer.networks import published_weights

    path = published_weights.published_weights("resnet18")[0].path
    path.parent.mkdir(parents=True)
    torch.save(build(preset("resnet18")).state_dict(), path)
    inference_cache.published_network.clear()
    if intact:  # the published digits cannot be had without the published file
        monkeypatch.setattr(published_weights, "is_intact", lambda *_: True)
    app = open_app("inference", net="resnet18", image_size="64")
    clean(app)
    assert ("torchvision's V1 weights: **69.76%** top-1" in words(app)) is intact
    assert ("is not the file that was published" in words(app)) is not intact
    if intact:
        assert "tested at 224 × 224 pixels; the sidebar asks for 64 × 64" in words(app)
    inference_cache.published_network.clear()


def test_published_weights_are_downloaded_checked_and_used(open_app, no_cache, monkeypatch, web):
    """From the button to the answer, with another network's file in the published one's place."""
    from explorer.networks import published_weights

    address, folder = web
    file = folder / "resnet18.pth"
    torch.save(build(preset("resnet18"), seed=5).state_dict(), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    named = file.rename(folder / f"resnet18-{digest[:8]}.pth")
    real = published_weights.published_weights("resnet18")[0]
    there = dataclasses.replace(real, url=f"{address}/{named.name}", bytes=named.stat().st_size)
    monkeypatch.setattr(published_weights, "published_weights", lambda preset: (there,))
    setups_of.clear()
    try:
        app = open_app("inference", net="resnet18", image_size="64", infer_weights="torchvision_v1")
        clean(app)
        assert "torchvision's V1 weights" not in words(app)
        app.button(key="infer_download_V1").click().run()
        clean(app)
        downloading.downloads().find(there.path).wait(60)
        app.run()
        clean(app)
        assert there.path.read_bytes() == named.read_bytes()
        assert "torchvision's V1 weights: **69.76%** top-1" in words(app)
        assert not [button for button in app.button if button.label.startswith("Download V1")]
    finally:
        setups_of.clear()
        inference_cache.published_network.clear()


def test_classes_without_a_sample_are_named(open_app) -> None:
    """And none that has one."""
    from explorer.experiments.cifar10 import CLASSES
    from explorer.experiments.samples import samples

    app = open_app("inference", net="resnet20", infer_view="model_card")
    clean(app)
    (text,) = (box.value for box in app.caption if "No sample shows" in box.value)
    shown = {sample.cifar10 for sample in samples().values()}
    named = set(re.findall(r"[a-z]+", text)) & set(CLASSES)
    assert named == set(CLASSES) - shown


def head_of(app):
    return next(e for e in app.expander if e.label == label("infer_head.label"))


def test_what_stands_above_a_view_is_open_while_something_is_asked_for(open_app) -> None:
    app = open_app("inference", net="resnet20", infer_view="modes", infer_from="upload")
    assert head_of(app).proto.expanded
    uploader(app).upload("mine.jpg", jpeg(), "image/jpeg").run()
    assert head_of(app).proto.expanded, "one sees what came of it"
    app.segmented_control(key="infer_view").set_value("model_card").run()
    clean(app)
    assert not head_of(app).proto.expanded
    app.segmented_control(key="infer_view").set_value("preprocessing").run()
    assert all(e.label != label("infer_head.label") for e in app.expander)


def test_the_picture_is_chosen_above_any_view(open_app) -> None:
    app = open_app("inference", net="resnet20", infer_view="modes")
    assert not head_of(app).proto.expanded
    app.selectbox(key="infer_sample").set_value("horse").run()
    clean(app)
    assert app.query_params["infer_sample"] == "horse"
    assert "ResNet-20 · horse: " in words(app)


def test_no_drawing_of_a_visitors_picture_is_kept_for_all(open_app, monkeypatch) -> None:
    """What is drawn once names the visit where it shows an upload, and so goes with it."""
    store = ByteCache(2**30)
    monkeypatch.setattr(budget, "store", lambda: store)
    app = open_app("inference", net="resnet20", infer_from="upload")
    uploader(app).upload("mine.jpg", jpeg(size=(64, 48)), "image/jpeg").run()
    for view in ("feature_maps", "grad_cam", "receptive_field", "origin", "preprocessing"):
        app.segmented_control(key="infer_view").set_value(view).run()
        app.run()
        clean(app)
    drawn = [key for key in store._entries if str(key[0]).startswith("explorer.ui.drawing.")]
    pixels = {key[2] for key in drawn if "data:image" in key[1].svg}
    assert pixels <= {"infer_gallery"}
    (visit,) = {
        found for key in store._entries for found in re.findall("visit-[0-9a-f]+", str(key))
    }
    parts = [str(key) for key in store._entries if key[0].endswith(("._steps", ".pictures"))]
    assert parts and any(visit in key for key in parts)
