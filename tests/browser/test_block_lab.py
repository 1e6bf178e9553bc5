"""The page Residual block in a browser: a mismatch is seen and mended, the code taken home."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest


def drawn(visit) -> str:
    """All text of the block's picture."""
    return " ".join(
        visit.page.locator("svg[aria-label^='The composed block'] text").all_text_contents()
    )


def click(visit, name: str) -> None:
    with visit.rerun():
        visit.page.get_by_role("button", name=name, exact=True).click()


def clean(visit) -> bool:
    return not (visit.exceptions() or visit.console_errors() or visit.foreign_requests())


def test_a_mismatch_is_drawn_in_red_and_mended(open_page):
    visit = open_page("block_lab", width=1440)
    page = visit.page
    assert "F(x) + x" in drawn(visit)
    click(visit, "56×56×256 to 28×28×512")
    text = drawn(visit)
    assert "cannot be added" in text
    assert "channels: 512 ≠ 256" in text and "size: 28×28 ≠ 56×56" in text
    assert "output" not in text
    click(visit, "Project x with a 1×1")
    text = drawn(visit)
    assert "cannot be added" not in text
    assert "F(x) + W x" in text and "output" in text
    assert "unit_shortcut=projection" in page.url
    assert page.get_by_role("radio", name="projection").is_checked()
    assert clean(visit)


@pytest.mark.parametrize("dark", [False, True])
def test_the_failing_addition_is_red_in_both_themes(open_page, dark):
    visit = open_page("block_lab", {"unit_out_channels": "256"}, dark=dark)
    failing = visit.page.locator("svg[aria-label^='The composed block'] circle[r='17.0']")
    red, green, blue = map(
        int, re.findall(r"\d+", failing.evaluate("node => getComputedStyle(node).fill"))[:3]
    )
    assert red > 1.5 * max(green, blue)


def test_a_link_opens_the_same_block(open_page):
    visit = open_page("block_lab", width=1440)
    click(visit, "One channel out")
    assert "1 channel is repeated to make 3" in drawn(visit)
    again = open_page(visit.page.url.removeprefix(visit.base_url), width=1440)
    assert drawn(again) == drawn(visit)


def test_block_stays_while_tabs_change(open_page):
    visit = open_page("block_lab", width=1440)
    page = visit.page
    click(visit, "56×56×64 to 256")
    for tab in ("Real numbers", "v1 and v1.5", "Four dialects", "Code", "Block"):
        with visit.rerun():
            page.get_by_role("radio", name=tab, exact=True).click()
        assert "unit_out_channels=256" in page.url
    assert "channels: 256 ≠ 64" in drawn(visit)
    assert clean(visit)


def test_the_saved_code_runs(open_page, tmp_path):
    visit = open_page("block_lab", {"net": "resnet20", "unit_view": "code"}, width=1440)
    # Above it is that of the composed block.
    save = visit.page.get_by_role("button", name="Save Python").last
    visit.open(visit.page.get_by_text("ResNet-20 as one file", exact=True), save)
    with visit.page.expect_download() as download:
        save.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "resnet20.py"
    run = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert run.stdout.splitlines() == ["269,722 parameters", "torch.Size([1, 10])"], run.stderr
    assert clean(visit)


def test_the_composed_blocks_code_runs(open_page, tmp_path):
    query = {"unit_view": "code", "unit_se_ratio": "4", "unit_norm": "group", "unit_dilation": "2"}
    visit = open_page("block_lab", query, width=1440)
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save Python").first.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    run = subprocess.run([sys.executable, path], capture_output=True, text=True)
    # 2 x 64 x 64 x 9, 2 x 2 x 64, and the gate's 64 x 16 + 16 + 16 x 64 + 64.
    assert run.stdout.splitlines() == ["76,112 parameters", "torch.Size([1, 64, 56, 56])"]
    assert clean(visit)


def test_a_gate_is_composed_by_hand(open_page):
    visit = open_page("block_lab", width=1440)
    box = visit.page.get_by_role("combobox", name="Squeeze-and-excitation")
    visit.choose(box, "16")
    assert "se: factor per channel mean → 4 → 64 → σ 580 parameters 512 MACs" in drawn(visit)
    assert "unit_se_ratio=16" in visit.page.url
    assert clean(visit)


@pytest.mark.parametrize("tab", ["block", "numbers", "versions", "dialects", "code"])
def test_telephones_show_every_tab_without_sideways_scrolling(open_page, tab):
    visit = open_page("block_lab", {"unit_view": tab}, width=390, height=844)
    overhang = visit.page.evaluate(
        "() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"
    )
    assert overhang <= 0
    assert clean(visit)


def test_the_picture_can_be_saved_for_slides(open_page, tmp_path):
    visit = open_page("block_lab", {"unit_out_channels": "256"}, width=1440, dark=True)
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save SVG").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    root = ElementTree.parse(path).getroot()
    assert "cannot be added" in " ".join(root.itertext())
