"""The composed block and the chosen network as source code."""

from inspect import getsource

import streamlit as st

from explorer.architecture import blueprint
from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec
from explorer.ui import controls, saving
from explorer.ui.picker import Choice
from explorer.views.source_code import module_source
from explorer.words import label, section


def draw(choice: Choice, spec: UnitSpec) -> None:
    """The block as the chosen dialect writes it; folded, the whole network as one file."""
    from explorer.networks.dialects import CLASSES

    name = controls.settled("unit_dialect", tuple(DIALECTS), next(iter(DIALECTS)))
    spoken = DIALECTS[name].unit(spec)
    told = label(f"unit_dialect_title.{name}")
    st.markdown(section("block_lab", "code of the block", dialect=told))
    st.code(getsource(CLASSES[name, spoken.block]))
    with st.expander(label("block_lab.network_code", title=choice.title), icon=":material/code:"):
        source = module_source(blueprint(choice.spec, choice.image_size), choice.title)
        st.markdown(section("block_lab", "code", title=choice.title))
        st.code(source)
        saving.save({f"{choice.name}.py": source})
