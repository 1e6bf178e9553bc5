"""Statements to be judged: the list, the verdict, and what decides it."""

from typing import Final

import streamlit as st

from explorer.lessons.myths import VERDICTS, Myth, Verdict, myths
from explorer.ui import proving
from explorer.words import section

CARD: Final = "myths_card"
_JUDGED: Final = "myths_judged"


def choose() -> Myth:
    """Draw the list and return the statement that is chosen in it."""
    titles = [myth.title for myth in myths()]
    title = st.selectbox(
        "Statement", titles, key=CARD, bind="query-params", persist_state="session"
    )
    return myths()[titles.index(title)]


def show(myth: Myth) -> None:
    """The statement; once it was judged, the verdict and its reasons."""
    guess = _judged().get(myth.title)
    # Keyed by the statement, so that another one starts as new elements.
    with st.container(border=True, key=f"myths_{myths().index(myth)}"):
        st.subheader(f"“{myth.says}”", anchor=False)
        if guess is None:
            _ask(myth)
        else:
            _verdict(myth, guess)
    with st.container(horizontal=True):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            st.button(
                label, shortcut=key, on_click=_turn, args=(step,), key=f"myths_{label.lower()}"
            )
    st.caption(section("myths_page", "Keys"))


def score() -> None:
    """How many verdicts were found so far."""
    judged = _judged()
    if not judged:
        return
    right = sum(judged.get(myth.title) == myth.verdict for myth in myths())
    st.write(f"Judged as here: **{right} of {len(judged)}**; {len(myths()) - len(judged)} to go.")
    st.button("Judge all again", on_click=judged.clear, key="myths_again")


def _ask(myth: Myth) -> None:
    with st.container(horizontal=True):
        for number, verdict in enumerate(VERDICTS, start=1):
            st.button(
                verdict.capitalize(),
                shortcut=str(number),
                on_click=_judge,
                args=(myth.title, verdict),
                key=f"myths_judge_{number}",
            )


def _verdict(myth: Myth, guess: Verdict) -> None:
    said = f"**{myth.verdict.capitalize()}.** {myth.fact}"
    if guess == myth.verdict:
        st.success(said, icon=":material/check:")
    else:
        st.warning(f"{said} You said: {guess}.", icon=":material/close:")
    st.markdown(myth.why)
    st.markdown(f"**Where it comes from:** {myth.origin}")
    proving.see(myth.see)
    proving.prove_it(myth.proof, "myths")


def _judged() -> dict[str, Verdict]:
    found: dict[str, Verdict] = st.session_state.setdefault(_JUDGED, {})
    return found


def _judge(title: str, verdict: Verdict) -> None:
    _judged()[title] = verdict


def _turn(step: int) -> None:
    titles = [myth.title for myth in myths()]
    index = titles.index(st.session_state[CARD])
    st.session_state[CARD] = titles[(index + step) % len(titles)]
    proving.forget("myths")
