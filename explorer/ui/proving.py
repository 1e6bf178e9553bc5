"""'Prove it': runs the computation behind a claim and shows claimed and computed side by side."""

import streamlit as st

from explorer.experiments.proofs import Line, Proof, prove
from explorer.ui.address import from_any_page
from explorer.words import section


def see(target: str) -> None:
    """A link to the page and state where a claim can be seen."""
    page = target.partition("?")[0].replace("_", " ").capitalize() or "Home"
    st.markdown(f"[See it in the app: {page}]({from_any_page(target)})")


def prove_it(what: str, prefix: str) -> None:
    """The button and, once it was pressed, the proof; it stays on reruns until another is run.

    Args:
        what: see explorer.experiments.proofs; empty where nothing can be computed.
        prefix: of this page's keys.
    """
    if not what:
        st.caption(section("questions", "Published"))
        return
    kept = f"{prefix}_proof"
    if st.button("Prove it", shortcut="P", key=f"{prefix}_prove"):
        with st.spinner("Computing on real networks"):
            st.session_state[kept] = (what, prove(what))
    name, proof = st.session_state.get(kept, ("", None))
    if name == what:
        _table(proof)


def forget(prefix: str) -> None:
    """Hide the proof of this page."""
    st.session_state.pop(f"{prefix}_proof", None)


def _table(proof: Proof) -> None:
    rows = [["Claim", "Claimed", "Computed now"], ["---", "---:", "---:"]]
    rows += [[line.what, line.claimed, _verdict(line)] for line in proof.lines]
    st.markdown("\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows))
    st.caption(f"{proof.how} Computed in {proof.seconds:.2f} s.")


def _verdict(line: Line) -> str:
    """In words where it differs: a sign alone is easily overlooked."""
    return f"{line.computed} ✓" if line.holds else f"{line.computed} ✗ differs"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
