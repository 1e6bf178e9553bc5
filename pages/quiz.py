import streamlit as st

from explorer.lessons import section
from explorer.ui import picker, quiz, quiz_screen

choice = picker.current()
st.title("Quiz")
st.write(section("quiz", "Introduction"))
quiz_screen.show(quiz.run_of(quiz.settings(choice)))
