"""A laboratory for one residual block, and the chosen network as source code."""

from functools import partial

from explorer.ui import controls, frame
from explorer.ui.block_lab import code, composer, diagram, dialects, numbers, strides
from explorer.ui.body import body
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(choice: Choice) -> None:
    frame.title(label("page.block_lab"))
    controls.sections(
        "unit_view",
        {
            "block": diagram.draw,
            "numbers": partial(composer.above, numbers.draw),
            "versions": partial(composer.above, strides.draw),
            "dialects": partial(composer.above, dialects.draw),
            "code": partial(composer.above, partial(code.draw, choice)),
        },
        again=dict.fromkeys(("block", "dialects"), composer.in_the_link()),
    )
    frame.caption(section("block_lab", "introduction"))


body(draw)
