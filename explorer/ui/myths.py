"""Statements to be judged: the list, the verdict, and what decides it."""

from typing import Any, Final

import streamlit as st

from explorer.lessons.myths import VERDICTS, Myth, Verdict, myths, possible
from explorer.ui import browser_store, controls, focus, frame, proving, turning
from explorer.words import label, section

CARD: Final = "myths_card"
_JUDGED: Final = "myths_judged"


def choose() -> Myth:
    """Draw the list and return the statement that is chosen in it."""
    found = {myth.id: myth for myth in myths()}

    def choice() -> str:
        chosen: str = controls.choice(
            CARD, tuple(found), kind="select", shown=lambda myth: found[myth].title
        )
        return chosen

    return found[controls.drawn_again(CARD, (), choice, read=lambda: controls.held(CARD))]


def show(myth: Myth) -> None:
    """The statement; once it was judged, the verdict and its reasons."""
    guess = _judged().get(myth.id)
    # Keyed by the statement, so that another one starts as new elements.
    with st.container(border=True, key=f"myths_{myth.id}"):
        st.header(section("myths_page", "statement", says=myth.says), anchor=False)
        if guess is None:
            _ask(myth)
        else:
            _verdict(myth, guess)
    turning.buttons("myths", _turn)
    # What was pressed is gone with the verdict.
    focus.follow("myths_focus", f"{myth.id} {guess}", f"myths_{myth.id}", "h2")
    frame.keys(section("myths_page", "Keys"), "myths")


def score() -> None:
    """How many verdicts were found so far."""
    judged = _judged()
    if not judged:
        return
    right = sum(judged.get(myth.id) == myth.verdict for myth in myths())
    left = len(myths()) - len(judged)
    st.write(section("myths_page", "score", right=right, judged=len(judged), left=left))
    st.button(label("myths.again"), on_click=judged.clear, key="myths_again")


def keep() -> None:
    """Keep the verdicts in the visitor's browser, and take up those that it holds."""
    browser_store.keep("myths", _judged(), _take)


def _take(entries: dict[str, Any]) -> None:
    st.session_state[_JUDGED] = possible(entries)


def _ask(myth: Myth) -> None:
    controls.drawn_again("myths_verdicts", (myth.id,), lambda: _verdicts(myth))


def _verdicts(myth: Myth) -> None:
    with st.container(horizontal=True):
        for number, verdict in enumerate(VERDICTS, start=1):
            st.button(
                label(f"myths_judge.{verdict}"),
                shortcut=str(number),
                on_click=_judge,
                args=(myth.id, verdict),
                key=f"myths_judge_{number}",
            )


def _verdict(myth: Myth, guess: Verdict) -> None:
    said = section("myths_page", f"it is {myth.verdict}", fact=myth.fact)
    if guess == myth.verdict:
        st.success(said, icon=":material/check:")
    else:
        st.warning(section("myths_page", f"you said {guess}", said=said), icon=":material/close:")
    st.markdown(myth.why)
    st.markdown(section("myths_page", "origin", origin=myth.origin))
    proving.see(myth.see)
    proving.prove_it(myth.proof, myth.source, "myths", myth if myth.verdict != "right" else None)


def _judged() -> dict[str, Verdict]:
    """Verdicts of this visitor, by the statements' ids."""
    found: dict[str, Verdict] = st.session_state.setdefault(_JUDGED, {})
    return found


def _judge(myth: str, verdict: Verdict) -> None:
    _judged()[myth] = verdict


def _turn(step: int) -> None:
    ids = [myth.id for myth in myths()]
    index = ids.index(controls.held(CARD))
    controls.put(CARD, ids[(index + step) % len(ids)], ids[0])
    proving.forget("myths")
