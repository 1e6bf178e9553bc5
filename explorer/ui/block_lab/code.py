"""The composed block and the chosen network as source code."""

from inspect import getsource

import streamlit as st

from explorer.architecture import blueprint
from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec, unit
from explorer.ui import controls, saving
from explorer.ui.compare_link import compare_link
from explorer.ui.picker import Choice
from explorer.views.source_code import module_source
from explorer.views.source_unit import unit_source
from explorer.words import label, section


def draw(choice: Choice, spec: UnitSpec) -> None:
    """The composed block as one file, then as the chosen dialect writes it; folded, the whole
    network as one file."""
    composed = unit_source(unit(spec))
    st.markdown(section("block_lab", "code as composed"))
    st.code(composed)
    saving.save({"residual_block.py": composed})
    name = controls.settled("unit_dialect", tuple(DIALECTS), next(iter(DIALECTS)))
    if DIALECTS[name].speaks(spec):
        _spoken(name, DIALECTS[name].unit(spec))
    with st.expander(label("block_lab.network_code", title=choice.title), icon=":material/code:"):
        source = module_source(blueprint(choice.spec, choice.image_size), choice.title)
        st.markdown(section("block_lab", "code", title=choice.title))
        st.code(source)
        saving.save({f"{choice.name}.py": source})
        compare_link(choice)


def _spoken(name: str, spec: UnitSpec) -> None:
    from explorer.networks.dialects import CLASSES

    told = label(f"unit_dialect_title.{name}")
    st.markdown(section("block_lab", "code of the block", dialect=told))
    st.code(getsource(CLASSES[name, spec.block]))
