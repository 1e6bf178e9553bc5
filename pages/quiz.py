import streamlit as st

from explorer.ui import picker, quiz, quiz_screen
from explorer.words import section

choice = picker.current()
st.title("Quiz")
st.write(section("quiz", "Introduction"))
quiz_screen.show(quiz.run_of(quiz.settings(choice)))
