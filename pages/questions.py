import streamlit as st

from explorer.lessons.questions import cards
from explorer.ui import picker, question_card, questions
from explorer.words import section

picker.current()
st.title("Questions")
st.write(section("questions", "Introduction", count=len(cards())))
found = questions.filtered()
if found:
    question_card.show(questions.choose(found), found)
elif st.session_state["questions_show"] == "to review":
    st.info(section("questions", "All known"))
else:
    st.info(section("questions", "Nothing found"))
question_card.progress()
