"""Batch norm: four steps, a real layer, two modes, deep networks, claims tried out, speed."""

from functools import partial

from explorer.ui import controls, frame, own_weights, picker
from explorer.ui.batch_norm import claims, depth, layer, modes, speed, steps
from explorer.ui.body import body
from explorer.ui.compare_link import compare_link
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(choice: Choice) -> None:
    picker.say_square(choice)
    frame.title(label("page.batch_norm"))
    frame.lead(section("batch_norm", "lead"), "batch_norm")
    parts = {
        "steps": steps.draw,
        "layer": partial(layer.draw, choice),
        "modes": partial(modes.draw, choice),
        "depth": partial(depth.draw, choice),
        "claims": partial(claims.draw, choice),
        "speed": partial(speed.draw, choice),
    }
    controls.sections(
        "bn_section",
        parts,
        again={"steps": (), "modes": (choice, own_weights.for_spec(choice.spec))},
    )
    if controls.settled("bn_section", tuple(parts), "steps") != "steps":
        compare_link(choice)


body(draw)
