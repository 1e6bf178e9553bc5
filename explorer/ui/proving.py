"""'Prove it': runs the computation behind a claim and shows claimed and computed side by side."""

import streamlit as st

from explorer.experiments.proofs import prove
from explorer.lessons.myths import Myth
from explorer.ui.address import from_any_page
from explorer.ui.navigation import page_title
from explorer.views.proof_table import myth_table, proof_table
from explorer.words import label, section


def see(target: str) -> None:
    """A link to the page and state where a claim can be seen; nothing where there is none."""
    if not target:
        return
    page = page_title(target.partition("?")[0])
    st.markdown(section("proofs_page", "see", page=page, address=from_any_page(target)))


def prove_it(what: str, source: str, prefix: str, myth: Myth | None = None) -> None:
    """Where it was published, and the button and, once it was pressed, the proof.

    The proof stays on reruns until another is run.

    Args:
        what: see explorer.experiments.proofs; empty where nothing can be computed.
        source: where the claim was published, as Markdown; empty where it is this app's own.
        prefix: of this page's keys.
        myth: the statement whose correction is proven, where it needs one.
    """
    if not what:
        title = "published" if source else "nothing computed"
        st.caption(section("proofs_page", title, source=source))
        return
    if source:
        st.caption(section("proofs_page", "source", source=source))
    kept = f"{prefix}_proof"
    if st.button(label("proving.prove"), shortcut="P", key=f"{prefix}_prove"):
        with st.spinner(label("proving.computing")):
            st.session_state[kept] = (what, prove(what))
    name, proof = st.session_state.get(kept, ("", None))
    if name == what:
        if myth is not None:
            st.markdown(myth_table(myth.says, myth.verdict == "wrong", proof))
        st.markdown(proof_table(proof, corrects=myth is not None))
        st.caption(section("proofs_page", "how", how=proof.how, seconds=proof.seconds))


def forget(prefix: str) -> None:
    """Hide the proof of this page."""
    st.session_state.pop(f"{prefix}_proof", None)
