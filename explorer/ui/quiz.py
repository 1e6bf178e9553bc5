"""What decides the quiz on screen, and how it goes on: settings, answers, a new start."""

from secrets import randbelow
from time import monotonic
from typing import Any, Final

import streamlit as st

from explorer.lessons.quiz import (
    THEMES,
    Network,
    Question,
    every_network,
    make_quiz,
    named_networks,
)
from explorer.lessons.quiz.run import KEPT, Given, Run, Settings, possible
from explorer.ui import browser_store, controls, picker
from explorer.ui.picker import Choice
from explorer.words import label, language, section

LENGTHS: Final = ("5", "10", "15", "20", "30")
_RUN: Final = "quiz_run"
_SPOKEN: Final = "quiz_language"
_KEPT: Final = "quiz_kept"


def settings(choice: Choice) -> Settings:
    """Draw the settings, which are all in the address, and return them."""
    if not st.session_state.get("quiz_seed") and not st.query_params.get("quiz_seed"):
        _new_seed()
    seed, length, source, themes = controls.drawn_again("quiz_settings", (), _settings)
    networks: tuple[Network, ...] = ()
    if source == "sidebar":
        picker.say_square(choice)
        networks = (Network(choice.name, choice.title, choice.spec, choice.side),)
    elif source == "named":
        networks = named_networks()
    elif source == "every":
        networks = every_network()
    return Settings(seed, int(length), tuple(t for t in THEMES if t in themes), networks)


def _settings() -> tuple[str, str, str, tuple[str, ...]]:
    """Seed, length, which networks, and themes."""
    with st.expander(label("quiz.settings")):
        st.write(section("quiz", "Settings"))
        left, middle, right = st.columns([17, 14, 44])  # four words stand in the last
        seed = left.text_input(
            label("quiz_seed.label"),
            max_chars=24,
            on_change=_never_empty,
            key="quiz_seed",
            bind="query-params",
        )
        with middle:
            length = controls.choice("quiz_length", LENGTHS, default="10", kind="select", shown=str)
        with right:
            source = controls.choice("quiz_networks", ("random", "named", "every", "sidebar"))
        themes = controls.choices("quiz_themes", THEMES, wrap=True)
        controls.choice("quiz_feedback", ("each", "end"), help=section("quiz", "Feedback"))
    return seed, length, source, themes


def run_of(wanted: Settings) -> Run:
    """The quiz of these settings that is under way, or a new one."""
    run: Run | None = st.session_state.get(_RUN)
    if run is not None and _same_quiz(run.settings, wanted):
        if run.settings.networks != wanted.networks:
            _offer_other_network(run, wanted)
        _tell(run)
        return run
    return _start(wanted)


def _start(wanted: Settings) -> Run:
    run = Run(wanted, _questions(wanted), monotonic())
    run.take_up(_kept().get(wanted.id, ()))
    st.session_state[_RUN], st.session_state[_SPOKEN] = run, language()
    return run


def _questions(wanted: Settings) -> tuple[Question, ...]:
    return make_quiz(wanted.seed, wanted.length, wanted.themes, wanted.networks)


def _tell(run: Run) -> None:
    """The same questions in the language that is spoken now; what was answered stays."""
    if st.session_state.get(_SPOKEN) != language():
        run.questions = _questions(run.settings)
        st.session_state[_SPOKEN] = language()


def _restart(wanted: Settings) -> None:
    _start(wanted)


def _same_quiz(old: Settings, new: Settings) -> bool:
    """The sidebar may show another network meanwhile: that alone ends no quiz."""
    return (old.seed, old.length, old.themes, len(old.networks)) == (
        new.seed,
        new.length,
        new.themes,
        len(new.networks),
    )


def _offer_other_network(run: Run, wanted: Settings) -> None:
    old, new = run.settings.networks[0], wanted.networks[0]
    names = (old.title, new.title)
    if old.title == new.title:
        names = (label("quiz.earlier_one"), label("quiz.another_one"))
    st.info(section("quiz", "Other network", old=names[0], new=names[1]))
    st.button(
        label("quiz.start_on_it"), on_click=_restart, args=(wanted,), key="quiz_other_network"
    )


def explains() -> bool:
    """Whether each answer is explained at once."""
    return bool(controls.held("quiz_feedback") != "end")


def give(index: int, answer: str) -> None:
    """Take an answer, the id of an option or a number."""
    run: Run = st.session_state[_RUN]
    run.answer(index, answer, monotonic(), explains())
    # The newest at the end, so that the oldest goes first.
    _kept().pop(run.settings.id, None)
    _kept()[run.settings.id] = list(run.given)
    for oldest in list(_kept())[:-KEPT]:
        del _kept()[oldest]


def go_on() -> None:
    """To the next question or the result."""
    st.session_state[_RUN].go_on(monotonic())


def again(new_seed: bool) -> None:
    """The same questions from the beginning, or others."""
    run: Run | None = st.session_state.pop(_RUN, None)
    if run is None:  # pressed twice
        return
    _kept().pop(run.settings.id, None)
    if new_seed:
        _new_seed()
    else:
        _start(run.settings)


def keep() -> None:
    """Keep the answers in the visitor's browser, and take up those that it holds."""
    kept = {
        name: [[answer, round(seconds, 1)] for answer, seconds in answers]
        for name, answers in _kept().items()
    }
    browser_store.keep("quiz", kept, _take)


def _take(entries: dict[str, Any]) -> None:
    st.session_state[_KEPT] = possible(entries)
    run: Run | None = st.session_state.get(_RUN)
    if run is not None and not run.given:
        run.take_up(_kept().get(run.settings.id, ()))


def _kept() -> dict[str, list[Given]]:
    """Answers of this visitor to the last quizzes, by their settings' ids."""
    found: dict[str, list[Given]] = st.session_state.setdefault(_KEPT, {})
    return found


def _new_seed() -> None:
    st.session_state["quiz_seed"] = str(1000 + randbelow(9000))


def _never_empty() -> None:
    if not st.session_state["quiz_seed"].strip():
        _new_seed()
