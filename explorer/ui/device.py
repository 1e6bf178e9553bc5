"""The device that a page computes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui import cache

if TYPE_CHECKING:
    from explorer.networks import Device


def usable_device(wanted: str) -> Device:
    """The chosen device, or the best one with a word on why not the chosen one."""
    try:
        return cache.device_for(wanted)
    except ValueError as error:
        best = cache.device_for("auto")
        st.warning(f"{error}. The network runs on {best.label}.", icon=":material/info:")
        return best
