"""Which reading of a visitor's file is right: weighed once, then the sidebar's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.ui import controls, picker
from explorer.ui.cache import usable_device
from explorer.ui.own_weighed import weighed
from explorer.ui.own_weights import Mine
from explorer.ui.picker import Choice
from explorer.words import label, quoted, section

VALUES: Final = "infer_values"
"""The control of what is subtracted from pixels and what they are divided by."""
_ADOPTED: Final = "file_adopted"


def adopt(mine: Mine, choice: Choice, device: str) -> None:
    """A file that was just given: weigh its readings, take the best, and make it the sidebar's
    choice at the size of its stem; ends this run then."""
    from explorer.experiments import weighing
    from explorer.networks.recognise import alike

    if st.session_state.get(_ADOPTED) == mine.key or not mine.found.placed:
        return
    st.session_state[_ADOPTED] = mine.key
    bar = st.progress(0.0, section("recognition", "weighing"))
    verdict = weighed(mine, device, lambda share: _advanced(bar.progress, share))
    bar.empty()
    controls.put(VALUES, weighing.best_values(mine.found, verdict), None)
    spec = weighing.best_reading(mine.found, verdict).spec
    size = weighing.side_for(spec, verdict)
    if not alike(spec, choice.spec) or choice.side != size:
        take(spec, size)
        st.rerun()


def forget() -> None:
    """The file is gone: given once more, it is adopted anew."""
    st.session_state.pop(_ADOPTED, None)


def side(mine: Mine, spec: NetworkSpec, device: str) -> int:
    """The image size of the file's network: its stem's, or what batch norm remembers."""
    from explorer.experiments import weighing

    return weighing.side_for(spec, weighed(mine, device))


def take(spec: NetworkSpec, side: int) -> None:
    """Make a reading the sidebar's choice, at this image size."""
    picker.take(spec, side)


def likeliest(mine: Mine, device: str) -> NetworkSpec:
    """The nearest reading's network."""
    from explorer.experiments import weighing

    return weighing.best_reading(mine.found, weighed(mine, device)).spec


def fits(mine: Mine, choice: Choice) -> bool:
    """Whether the file is of the sidebar's network; else says so and offers the way back."""
    if not mine.found.placed:
        st.error(section("recognition", "no order", file=quoted(mine.name)))
        return False
    if mine.reading_of(choice.spec) is not None:
        return True
    st.warning(
        section("recognition", "another network", file=quoted(mine.name), network=choice.title),
        icon=":material/info:",
    )
    device = usable_device(choice.device).id
    spec = likeliest(mine, device)
    st.button(
        label("infer_take.label"),
        key="infer_take",
        on_click=take,
        args=(spec, side(mine, spec, device)),
        type="primary",
    )
    return False


def _advanced(draw: Callable[[float, str], object], share: float) -> None:
    draw(min(share, 1.0), section("recognition", "weighing"))
