"""A question on screen: the answer, its proof, the grade; and the progress over all of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from explorer.lessons.progress import GRADES, Grade, from_json, table, to_json
from explorer.lessons.questions import Card, cards, theme_title
from explorer.ui import controls, focus, frame, questions, turning
from explorer.ui.asking_for_files import file_uploader, held
from explorer.ui.drawn_once import drawn_once
from explorer.ui.proving import prove_it, see
from explorer.words import WordedError, label, section


def show(card: Card, found: list[Card]) -> None:
    """The card, and the keys to work through the others."""
    ids, grade = [other.id for other in found], questions.grades().get(card.id)
    if questions.is_open(card):
        with _card(card, grade):
            _answer(card)
            _grading(card, ids)
    else:
        _closed(card, grade)
    turning.buttons("questions", questions.turn, (ids,))
    asked = f"{card.id} {questions.is_open(card)}"
    focus.follow("questions_focus", asked, f"questions_{card.id}", "h2")
    frame.keys(section("questions", "Keys"), "questions")


@contextmanager
def _card(card: Card, grade: Grade | None) -> Iterator[None]:
    # Keyed by the card, so that another one starts as new elements and not as altered ones.
    with st.container(border=True, key=f"questions_{card.id}"):
        st.caption(_place(card, grade))
        st.header(card.ask, anchor=False)
        yield


@drawn_once(more=("button",))
def _closed(card: Card, grade: Grade | None) -> None:
    with _card(card, grade):
        st.button(
            label("questions.show_answer"),
            type="primary",
            shortcut="Enter",
            on_click=questions.open_answer,
            args=(card,),
            key="questions_show_answer",
        )


def progress() -> None:
    """How much is known of each theme, and the file to keep it in."""
    grades = questions.grades()
    inputs = tuple(sorted(grades.items()))
    controls.drawn_again("questions_progress", inputs, lambda: _kept_in_a_file(grades))
    file_uploader(
        label("questions.load"),
        type="json",
        key="questions_file",
        on_change=_load,
        max_upload_size=1,
    )
    if message := st.session_state.pop("questions_message", None):
        kind, text = message
        (st.error if kind == "error" else st.success)(text)


def _kept_in_a_file(grades: dict[str, Grade]) -> None:
    st.header(label("questions.progress"), anchor=False)
    if grades:
        st.markdown(table(grades))
    st.write(section("questions", "File"))
    with st.container(horizontal=True):
        st.download_button(
            label("questions.save"),
            to_json(grades),
            "resnet-questions.json",
            "application/json",
            on_click="ignore",
            disabled=not grades,
            key="questions_save",
        )
        st.button(
            label("questions.forget"),
            on_click=questions.replace_grades,
            args=({},),
            disabled=not grades,
            key="questions_forget",
        )


def _place(card: Card, grade: Grade | None) -> str:
    theme, level = theme_title(card.theme), label(f"questions_levels.{card.level}")
    if grade is None:
        return label("questions.place", theme=theme, level=level)
    given = label(f"questions_grade.{grade}")
    return label("questions.place_graded", theme=theme, level=level, grade=given)


def _answer(card: Card) -> None:
    st.info(card.short)
    st.markdown(card.why)
    see(card.see)
    prove_it(card.proof, card.source, "questions")


def _grading(card: Card, ids: list[str]) -> None:
    with st.container(horizontal=True):
        for number, grade in enumerate(GRADES, start=1):
            st.button(
                label(f"questions_give.{grade}"),
                shortcut=str(number),
                on_click=questions.grade,
                args=(card.id, grade, ids),
                key=f"questions_grade_{number}",
            )


def _load() -> None:
    file = held("questions_file")
    if file is None:
        return
    try:
        grades, unknown = from_json(
            file.getvalue(), [card.id for card in cards()], questions.former_names()
        )
    except WordedError as problem:
        st.session_state["questions_message"] = ("error", str(problem))
        return
    questions.replace_grades(grades)
    said = section("questions", "loaded", count=len(grades))
    if unknown:
        said = section("questions", "loaded, some unknown", count=len(grades), unknown=unknown)
    st.session_state["questions_message"] = ("success", said)
