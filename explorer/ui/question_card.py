"""A question on screen: the answer, its proof, the grade; and the progress over all of them."""

import streamlit as st

from explorer.lessons.progress import GRADES, from_json, to_json
from explorer.lessons.questions import Card, cards, themes
from explorer.ui import questions
from explorer.ui.proving import prove_it, see
from explorer.words import section


def show(card: Card, found: list[Card]) -> None:
    """The card, and the keys to work through the others."""
    titles = [other.title for other in found]
    given = questions.grades().get(card.title)
    # Keyed by the card, so that another one starts as new elements and not as altered ones.
    with st.container(border=True, key=f"questions_{cards().index(card)}"):
        graded = f" · {given}" if given else ""
        st.caption(f"{card.theme} · {card.level}{graded}")
        st.subheader(card.ask, anchor=False)
        if questions.is_open(card):
            _answer(card)
            _grading(card, titles)
        else:
            st.button(
                "Show the answer",
                type="primary",
                shortcut="Enter",
                on_click=questions.open_answer,
                args=(card,),
                key="questions_show_answer",
            )
    with st.container(horizontal=True):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            st.button(
                label,
                shortcut=key,
                on_click=questions.turn,
                args=(titles, step),
                key=f"questions_{label.lower()}",
            )
    st.caption(section("questions", "Keys"))


def progress() -> None:
    """How much is known of each theme, and the file to keep it in."""
    grades = questions.grades()
    rows = ["| Theme | " + " | ".join(GRADES) + " | not graded |", "|---|---:|---:|---:|---:|"]
    for theme in themes():
        given = [grades.get(card.title) for card in cards() if card.theme == theme]
        counts = [given.count(grade) for grade in (*GRADES, None)]
        rows.append(f"| {theme} | " + " | ".join(map(str, counts)) + " |")
    st.subheader("Progress", anchor=False)
    st.markdown("\n".join(rows))
    st.write(section("questions", "File"))
    with st.container(horizontal=True):
        st.download_button(
            "Save progress (JSON)",
            to_json(grades),
            "resnet-questions.json",
            "application/json",
            on_click="ignore",
            disabled=not grades,
            key="questions_save",
        )
        st.button(
            "Forget all grades",
            on_click=questions.replace_grades,
            args=({},),
            disabled=not grades,
            key="questions_forget",
        )
    st.file_uploader(
        "Load progress", type="json", key="questions_file", on_change=_load, max_upload_size=1
    )
    if message := st.session_state.pop("questions_message", None):
        kind, text = message
        (st.error if kind == "error" else st.success)(text)


def _answer(card: Card) -> None:
    st.info(card.short)
    st.markdown(card.why)
    see(card.see)
    prove_it(card.proof, "questions")


def _grading(card: Card, titles: list[str]) -> None:
    with st.container(horizontal=True):
        for number, (grade, label) in enumerate(
            zip(GRADES, ("I knew it", "Nearly", "No"), strict=True), start=1
        ):
            st.button(
                label,
                shortcut=str(number),
                on_click=questions.grade,
                args=(card.title, grade, titles),
                key=f"questions_grade_{number}",
            )


def _load() -> None:
    file = st.session_state["questions_file"]
    if file is None:
        return
    try:
        grades, unknown = from_json(file.getvalue(), [card.title for card in cards()])
    except ValueError as problem:
        text = str(problem)
        st.session_state["questions_message"] = ("error", f"{text[0].upper()}{text[1:]}.")
        return
    questions.replace_grades(grades)
    left_out = f" Left out, because no question has their name: {unknown}." if unknown else ""
    st.session_state["questions_message"] = ("success", f"Grades loaded: {len(grades)}.{left_out}")
