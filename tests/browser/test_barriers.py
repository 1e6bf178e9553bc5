"""No barrier of the app's own on any page, in any section and either theme: axe-core looks.

What Streamlit draws and no theme or option of its can change is listed below by its name.
"""

from pathlib import Path

import axe_playwright_python
import pytest

from explorer import words
from tests.browser.test_frame import BACKGROUND, BACKGROUNDS, PAGES

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async (theirs) => (await axe.run(document, {resultTypes: ['violations']})).violations
  .flatMap(({id, nodes}) => nodes.filter(({target}) => {
    // What lies within a component of the app's own is found by a path, not by one name.
    const element = typeof target[0] === 'string' && document.querySelector(target[0]);
    return !(element && (theirs[id] ?? []).some((name) => element.matches(name)));
  }).map(({html}) => `${id}: ${html.slice(0, 200)}`))"""

STREAMLITS = {
    "color-contrast": [
        # The key beside the words of a primary button is fainter than these.
        "kbd",
        # What cannot be chosen now; its label is outside of the control, which is told.
        "[data-testid=stElementContainer]:has([disabled]) [data-testid=stWidgetLabel] *",
        "[disabled] *",
    ],
    # A file's place is a button within a section.
    "presentation-role-conflict": ["[data-testid=stFileUploaderDropzone]"],
    # A long text scrolls in its frame, which has no stop of its own.
    "scrollable-region-focusable": ["[data-testid=stCode] pre"],
}

SECTIONS = {
    "": ("", ()),
    "lesson": ("", ()),
    "shape_trace": ("trace_view", ("blocks", "ops", "torchinfo")),
    "shortcuts": ("", ()),
    "compare": ("", ()),
    "block_lab": ("unit_view", ("block", "numbers", "versions", "dialects", "code")),
    "parameters": ("params_view", ("bottleneck", "network", "training", "presets")),
    "batch_norm": ("bn_section", ("steps", "layer", "modes", "depth", "claims", "speed")),
    "why_residual": (
        "why_part",
        ("published", "initialisation", "training", "photographs", "surface", "paths", "known"),
    ),
    "inference": (
        "infer_view",
        (
            "preprocessing", "feature_maps", "grad_cam", "receptive_field", "origin", "gradient",
            "lesions", "modes", "many", "speed", "model_card",
        ),
    ),
    "quiz": ("", ()),
    "questions": ("", ()),
    "myths": ("", ()),
    "glossary": ("", ()),
}  # fmt: skip


def barriers(visit) -> list[str]:
    """What axe-core finds now and is not Streamlit's own."""
    visit.wait_idle()
    if not visit.page.evaluate("() => Boolean(window.axe)"):
        visit.page.evaluate(AXE)
    found: list[str] = visit.page.evaluate(RUN, STREAMLITS)
    return found


def test_every_page_is_looked_at():
    assert set(SECTIONS) == set(PAGES)


@pytest.mark.parametrize("page", SECTIONS, ids=lambda page: page or "home")
def test_no_barrier_in_any_section_and_either_theme(open_page, page):
    key, sections = SECTIONS[page]
    visit = open_page(page, {"net": "resnet20"})
    for section in sections or ("",):
        if section:
            name = words.label(f"{key}.{section}")
            button = visit.page.get_by_role("radio", name=name, exact=True)
            if button.get_attribute("aria-checked") != "true":
                with visit.rerun():
                    button.click()
        for theme in BACKGROUNDS:
            visit.page.emulate_media(color_scheme=theme)
            visit.until(f"() => ({BACKGROUND})() === '{BACKGROUNDS[theme]}'")
            assert barriers(visit) == [], (section, theme)


STATES = {
    "questions?questions_card=write-basic-block": ("Show the answer", "Prove it"),
    "myths": ("Right", "Prove it"),
    "quiz?quiz_seed=2&quiz_length=5": ("A ·",),
    "glossary?glossary_find=nothing": (),
    "inference?net=resnet50&infer_view=grad_cam": (),
    "inference?infer_from=upload&infer_weights=file": (),
    "lesson?lang=zh": (),
    "compare?lang=zh": (),
    "block_lab?lang=zh&net=resnet20": (),
    "inference?lang=zh&infer_view=gradient&net=resnet20": (),
    "inference?lang=zh&infer_view=origin&net=resnet20": (),
    "parameters?lang=zh&params_view=training": (),
}
"""What else one sees: after clicks, without anything to show, in the other language."""


@pytest.mark.parametrize("address", STATES)
def test_no_barrier_after_clicks_and_in_the_other_language(open_page, address):
    visit = open_page(address)
    for name in STATES[address]:
        with visit.rerun():
            visit.page.get_by_test_id("stMain").get_by_role("button", name=name).first.click()
    for theme in BACKGROUNDS:
        visit.page.emulate_media(color_scheme=theme)
        visit.until(f"() => ({BACKGROUND})() === '{BACKGROUNDS[theme]}'")
        assert barriers(visit) == [], theme


def test_axe_finds_what_is_planted(open_page):
    """Else the tests above could not fail."""
    visit = open_page("myths")
    visit.page.evaluate(
        "() => document.querySelector('[data-testid=stMain]').insertAdjacentHTML('beforeend',"
        ' \'<img src="data:,"><p style="color: #999; background: #fff">faint</p>\')'
    )
    assert sorted({found.partition(":")[0] for found in barriers(visit)}) == [
        "color-contrast",
        "image-alt",
    ]
