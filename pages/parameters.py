"""Parameters: the bottleneck argument, where the chosen network's are, and all networks."""

import streamlit as st

from explorer.ui import cache, picker
from explorer.ui.parameters import bottleneck, network, presets
from explorer.words import section

choice = picker.current()
bp = cache.blueprint_of(choice.spec, choice.image_size)

st.title("Parameters")
numbers = {"params": bp.params, "macs": bp.macs, "activations": bp.activations}
st.markdown(
    section(
        "parameters",
        "lead",
        title=choice.title,
        size=choice.image_size,
        **{name: f"{number:,}" for name, number in numbers.items()},
    )
)
argument, this, every = st.tabs(
    ["Bottleneck", "This network", "All networks"], key="params_view", bind="query-params"
)
if argument.open:
    with argument:
        bottleneck.draw()
if this.open:
    with this:
        network.draw(bp, choice.title)
if every.open:
    with every:
        presets.draw(choice, bp)
