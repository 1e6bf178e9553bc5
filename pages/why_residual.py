"""Why residual networks train: published comparisons, measurements, trainings, what is known."""

from typing import Final

from explorer.ui import controls, frame, hiding
from explorer.ui.body import body
from explorer.ui.compare_link import compare_pair
from explorer.ui.picker import Choice
from explorer.ui.signals import DEPTHS
from explorer.ui.why import initialisation, photographs, published, surface, training
from explorer.words import label, section

# Of the plain network and its twin that a part of the page is about. No string: a page draws it.
_LAYERS: Final = {"published": "34", "photographs": "56", "surface": "56"}


def draw(_: Choice) -> None:
    frame.title(label("page.why_residual"))
    if not hiding.hidden(training.HIDE):
        frame.lead(section("why_residual", "lead"), "why_residual")
    parts = {
        "published": published.studies,
        "initialisation": initialisation.draw,
        "training": training.draw,
        "photographs": photographs.draw,
        "surface": surface.draw,
        "paths": published.path_lengths,
        "known": published.what_is_known,
    }
    controls.sections("why_part", parts)
    part = controls.settled("why_part", tuple(parts), "published")
    layers = _LAYERS.get(part)
    if part == "initialisation":
        layers = controls.settled("why_depth", DEPTHS, DEPTHS[0])
    if layers:
        compare_pair(f"plain{layers}", f"resnet{layers}")


body(draw)
