"""Lesson: a tour through the app, stop by stop, and a handout of the chosen network."""

import streamlit as st

from explorer.architecture import blueprint
from explorer.lessons.lesson import minutes_before, stops
from explorer.ui import frame, lesson, picker
from explorer.ui.compare_link import compare_link
from explorer.words import label, section

choice = picker.current()
frame.title(label("lesson.title"))
count = len(stops())
st.write(section("lesson_page", "Introduction", stops=count, minutes=minutes_before(count)))
with st.container(key="lesson_beside"):
    here, listed = st.columns([5, 3], gap="large")
with listed:
    number = lesson.choose()
with here:
    lesson.show(number)
lesson.offer_handout(blueprint(choice.spec, choice.image_size), choice)
compare_link(choice)
