"""A visitor's own file of weights in Chromium: what it is, another reading of it, other pages."""

import io
from collections.abc import Callable

import torch

from explorer.architecture import PRESETS
from explorer.experiments.proofs.trained import on_board
from tests.browser.driver import Visit

Opener = Callable[..., Visit]
NAME = "<b>x</b>[a](b).pth"


def zeros_on_both_sides() -> dict[str, torch.Tensor]:
    """The ResNet-20 on board with its channels in the order that zeros on both sides give them:
    the same function, as only that padding computes it."""
    tensors = {key: value.clone() for key, value in on_board("resnet20").state_dict().items()}
    order = list(range(16))
    for stage in (1, 2, 3):
        before = order
        if stage > 1:
            side, width = len(order) // 2, 2 * len(order)
            # Stored: those of x, then the new ones. Wanted: half of the new, x, the others.
            new = range(len(order), width)
            order = [*new[:side], *order, *new[side:]]
        for block in range(3):
            path = f"layer{stage}.{block}"
            into = before if block == 0 else order
            tensors[f"{path}.conv1.weight"] = tensors[f"{path}.conv1.weight"][:, into]
            for key in ("conv2.weight", *(f"bn2.{x}" for x in _NORM)):
                tensors[f"{path}.{key}"] = tensors[f"{path}.{key}"][order]
    tensors["fc.weight"] = tensors["fc.weight"][:, order]
    return tensors


_NORM = ("weight", "bias", "running_mean", "running_var")


def checkpoint() -> bytes:
    named = {f"module.{key}": value for key, value in zeros_on_both_sides().items()}
    buffer = io.BytesIO()
    torch.save({"epoch": 182, "state_dict": named}, buffer)
    return buffer.getvalue()


def test_a_file_says_what_it_is_and_another_reading_changes_the_answer(open_page: Opener) -> None:
    visit = open_page("inference", {"infer_weights": "file"}, width=1280, height=720)
    page = visit.page
    with visit.rerun():
        page.set_input_files(
            "[data-testid=stFileUploader] input",
            {"name": NAME, "mimeType": "application/octet-stream", "buffer": checkpoint()},
        )
    # The cat is the fourth class; a file holds no names.
    page.get_by_role("heading", name="class 3: 99.6%").wait_for()
    sentence = page.get_by_test_id("stAlert").filter(has_text="269,722 parameters")
    title = PRESETS["resnet20_both"].title
    assert f"'{NAME}' is {title}" in sentence.inner_text()
    assert sentence.bounding_box()["y"] + sentence.bounding_box()["height"] <= 720
    assert "net=resnet20_both" in page.url
    page.get_by_text("'state_dict.module'").wait_for()
    box = page.get_by_role("combobox", name="Read it as")
    visit.open(page.get_by_text("readings weighed"), box)
    visit.choose(box, "no shortcuts (plain), 3×3 stem (CIFAR)", "script")
    page.get_by_text("read another way, 0.13").wait_for()
    page.get_by_text("would be Plain-20").wait_for()
    assert page.get_by_role("heading", name="class 3: 99.6%").count() == 0
    assert "net=plain20" in page.url
    visit.go_to("Batch norm")
    with visit.rerun():
        page.get_by_text("Real layer", exact=True).click()
    weights = page.get_by_role("radiogroup", name="Weights")
    yours = weights.get_by_role("radio", name="yours", exact=True)
    assert yours.get_attribute("aria-checked") == "true"
    assert visit.exceptions() == []
    assert visit.console_errors() == []
