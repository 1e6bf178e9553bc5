"""The Inference page in Chromium: samples, uploads, the camera, and a click on a block."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from tests.browser.driver import Visit

Opener = Callable[..., Visit]


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(buffer, "PNG")
    return buffer.getvalue()


def upload(visit: Visit, name: str, data: bytes) -> None:
    with visit.rerun():
        visit.page.set_input_files(
            "[data-testid=stFileUploader] input",
            {"name": name, "mimeType": "image/png", "buffer": data},
        )


def clean(visit: Visit) -> None:
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_opens_with_the_cat(open_page: Opener, dark: bool, size: tuple[int, int]) -> None:
    visit = open_page("inference", {"net": "resnet20"}, dark=dark, width=size[0], height=size[1])
    visit.page.get_by_role("heading", name="cat:").wait_for()
    overflow = visit.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    clean(visit)


def test_a_click_on_a_sample_changes_the_answer_and_the_link(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet20"})
    with visit.rerun():
        visit.page.locator('[data-path="moose"]').click()
    visit.page.get_by_role("heading", name="deer:").wait_for()
    assert "infer_sample=moose" in visit.page.url
    clean(visit)


def test_without_weights_one_click_leads_to_trained_ones(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet44"})
    with visit.rerun():
        visit.page.get_by_role("button", name="Switch to ResNet-20").click()
    visit.page.get_by_role("heading", name="cat:").wait_for()
    assert "net=resnet20" in visit.page.url
    clean(visit)


def test_upload_and_an_odd_file(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet20", "infer_from": "upload"})
    upload(visit, "red.png", png())
    visit.page.get_by_label("The picture, and what the network gets of it").wait_for()
    assert visit.page.get_by_text("PNG, 80 × 60 pixels").count() == 1
    upload(visit, "letter.png", b"Dear reader, this is no picture. " * 20)
    alert = visit.page.get_by_role("alert")
    alert.wait_for()
    assert alert.count() == 1
    assert "'letter.png' is not a picture" in alert.inner_text()
    clean(visit)


def test_camera(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet20", "infer_from": "camera"})
    shutter = visit.page.get_by_role("button", name="Take Photo")
    shutter.wait_for()
    # Before its first frame the camera has nothing to take.
    visit.until("() => document.querySelector('video')?.videoWidth > 0")
    with visit.rerun():
        shutter.click()
    visit.page.get_by_text("the network gets 32 × 32").wait_for()
    assert visit.page.get_by_text("Until you take one").count() == 0
    clean(visit)


def test_a_click_on_a_block_opens_its_maps(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet20", "infer_view": "feature_maps"})
    strip = visit.page.get_by_label("Mean output of every block; choose one to see its channels")
    strip.wait_for()
    assert strip.locator("image").count() == 10
    with visit.rerun():
        strip.locator('[data-path="layer2.1"]').click()
    maps = visit.page.get_by_label("Channels of layer2.1")
    maps.wait_for()
    assert maps.locator("image").count() == 32
    assert "infer_block=layer2.1" in visit.page.url
    clean(visit)


def test_a_click_on_a_position_moves_the_region(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet20", "infer_view": "receptive_field"})
    with visit.rerun():
        visit.page.locator('[data-path="0,7"]').click()
    visit.page.get_by_text("Row 1, column 8 of").wait_for()
    clean(visit)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("preprocessing", "The weights expect numbers"),
        ("grad_cam", "Evidence for cat"),
        ("lesions", "The answer stays the same after"),
        ("modes", "batch norm layers moved"),
        ("many", "Softmax divides 100%"),
        ("model_card", "Trained from scratch"),
    ],
)
def test_every_section_by_its_link(open_page: Opener, view: str, words: str) -> None:
    visit = open_page("inference", {"net": "resnet20", "infer_view": view})
    visit.page.get_by_text(words).first.wait_for()
    clean(visit)


def test_a_download_without_internet_ends_in_a_sentence(browser, fresh_server, tmp_path) -> None:
    import os

    # Nothing of torchvision's is on this machine, and its host lies behind a closed port.
    changed = {"TORCH_HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        server = fresh_server()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    visit = Visit(browser, server.url)
    try:
        visit.goto("inference", {"net": "resnet18"})
        visit.page.get_by_role("button", name="Download V1: 46.8 MB").click()
        visit.page.get_by_text("cannot be reached from this machine").wait_for()
        visit.wait_idle()
        assert visit.page.get_by_role("button", name="Download V1: 46.8 MB").count() == 1
        assert visit.page.get_by_text("ResNet-20, trained and on board, says cat").count() == 1
        clean(visit)
        assert list(tmp_path.rglob("*.p*")) == []
    finally:
        visit.close()


def test_a_link_to_a_sample_marks_it(open_page: Opener) -> None:
    visit = open_page("inference", {"net": "resnet20", "infer_sample": "kingfisher"})
    pressed = visit.page.locator("[data-path][aria-pressed=true]")
    assert pressed.first.get_attribute("data-path") == "kingfisher"


def test_back_from_the_untrained_network_shows_the_one_on_board_again(open_page: Opener) -> None:
    visit = open_page("inference", {"infer_sample": "moose"})
    answer = visit.page.locator("h2").first
    assert answer.inner_text().startswith("deer: ")
    untrained = visit.page.get_by_role("button", name="Use ResNet-18, untrained")
    visit.open(visit.page.get_by_role("button", name="Other weights"), untrained)
    with visit.rerun("fragment"):
        untrained.click()
    assert answer.inner_text().startswith("Untrained guess: ")
    with visit.rerun("script"):
        visit.page.go_back()
    visit.page.get_by_role("heading", name="deer: ").wait_for()


def test_engines_are_compared_on_the_readers_picture(open_page):
    visit = open_page("inference", {"infer_view": "speed"}, width=1280, height=720)
    button = visit.page.get_by_role("button", name="Compare engines")
    assert button.bounding_box()["y"] < 720
    button.click()
    visit.page.locator(".js-plotly-plot:visible").first.wait_for()
    visit.page.get_by_text("eager").first.wait_for(state="attached")
    visit.wait_idle()
    chart = visit.resting_box(visit.page.locator(".st-key-infer_speed_bars"))
    assert chart["y"] + chart["height"] <= 720
    visit.until(  # it measures itself after it was drawn
        """() => { const table = document.querySelector('.dvn-scroller');
             return table.clientWidth && table.scrollWidth <= table.clientWidth + 1 }"""
    )
    assert not visit.exceptions()
    assert not visit.console_errors()
    assert not visit.foreign_requests()
