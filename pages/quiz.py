"""Quiz: questions that a seed decides, one at a time, and what went wrong."""

import streamlit as st

from explorer.ui import picker, quiz, quiz_screen
from explorer.words import label, section

choice = picker.current()
st.title(label("quiz.title"))
quiz_screen.show(quiz.run_of(quiz.settings(choice)))
quiz.keep()
st.caption(section("quiz", "Introduction"))
