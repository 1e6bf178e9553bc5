"""Questions: one interview question at a time, to answer, to prove and to grade."""

import streamlit as st

from explorer.lessons.questions import cards
from explorer.ui import controls, frame, question_card, questions
from explorer.ui.body import body
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(_: Choice) -> None:
    frame.title(label("questions.title"))
    frame.lead(section("questions", "Introduction", count=len(cards())), "questions")
    found = questions.filtered()
    if found:
        question_card.show(questions.choose(found), found)
    elif controls.held("questions_show") == "to_review":
        st.info(section("questions", "All known"))
    else:
        st.info(section("questions", "Nothing found"))
    question_card.progress()
    questions.keep()


body(draw)
