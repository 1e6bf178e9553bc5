import streamlit as st

from explorer.ui import picker
from explorer.ui.why import initialisation, published, training
from explorer.words import section

picker.current()
st.title("Why residual", anchor=False)
st.write(section("why_residual", "lead"))
PARTS = {
    "Published": published.studies,
    "At initialisation": initialisation.draw,
    "Training": training.draw,
    "Paths": published.path_lengths,
    "What is known": lambda: st.markdown(section("why_residual", "known")),
}
part = st.segmented_control(
    "Part",
    list(PARTS),
    default="Published",
    required=True,
    key="why_part",
    bind="query-params",
    persist_state="session",
)
PARTS[part]()
