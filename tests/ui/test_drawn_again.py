"""A part with controls is said again while nothing in it has changed; else it is drawn."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest

from explorer.ui import recording
from tests.pages.conftest import open_app  # noqa: F401  (the fixture)

PATIENCE_S = 120


def script():
    import streamlit as st

    from explorer.ui import controls

    times = st.session_state.setdefault("times", [])

    def part():
        times.append("part")
        on = st.toggle("on", key="on")
        st.button("press", key="press")
        st.selectbox("which", ["a", "b"], key="which")
        # Streamlit tells such a one its value in every run.
        st.radio("idle", ["c", "d"], key="idle", disabled=True)
        if st.session_state.get("fails"):
            raise ValueError("broken")
        return f"{on} {st.session_state['which']}"

    controls.begin()
    controls.begin_page("")
    more = st.session_state.get("more", 0)
    st.markdown(controls.drawn_again("part", (more,), part))
    if st.session_state.get("again"):
        st.toggle("on", key="on")


def drawn(app):
    """Whether the last run drew the part."""
    before = len(app.session_state["times"])
    app.run()
    return len(app.session_state["times"]) > before


@pytest.fixture
def app():
    app = AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    # The first run takes what the link says, the second is kept.
    assert drawn(app)
    assert not drawn(app)
    return app


def test_controls_that_were_said_again_answer_as_ever(app):
    app.toggle(key="on").set_value(True)
    assert drawn(app)
    assert app.markdown[0].value == "True a"
    assert not drawn(app)
    assert app.markdown[0].value == "True a"
    app.selectbox(key="which").set_value("b")
    assert drawn(app)
    assert not drawn(app)
    assert app.markdown[0].value == "True b"
    assert app.toggle(key="on").value is True
    app.button(key="press").click()
    assert drawn(app)
    assert drawn(app)
    assert not drawn(app)
    assert not app.exception


def test_what_a_part_follows_from_and_what_is_put_into_the_session(app):
    app.session_state["more"] = 1
    assert drawn(app)
    assert not drawn(app)
    app.session_state["on"] = True
    assert drawn(app)
    app.run()
    assert not drawn(app)
    assert app.markdown[0].value == "True a"


def test_a_value_that_the_browser_must_take_over_is_told_once():
    message = ForwardMsg()
    message.delta.new_element.selectbox.id = "which"
    assert recording._stays(message, ("selectbox",))
    assert not recording._stays(message, ())
    message.delta.new_element.selectbox.set_value = True
    assert not recording._stays(message, ("selectbox",))
    message.delta.new_element.selectbox.disabled = True
    assert recording._stays(message, ("selectbox",))


def test_a_control_given_twice_and_an_error_are_what_they_were(app):
    app.session_state["again"] = True
    app.run()
    assert app.exception
    del app.session_state["again"]
    app.session_state["fails"] = True
    app.session_state["more"] = 2
    app.run()
    assert app.exception
    del app.session_state["fails"]
    assert drawn(app)
    assert not drawn(app)
    assert not app.exception


@pytest.mark.parametrize("page", ["home", "compare", "parameters"])
def test_the_frame_says_what_it_would_say(open_app, said, monkeypatch, page):  # noqa: F811
    times = []
    say = recording.say
    monkeypatch.setattr(recording, "say", lambda *given: (times.append(given[1]), say(*given)))

    def fourth_run(app):
        for _ in range(3):
            app.run()
        said.clear()
        times.clear()
        app.run()
        assert not app.exception
        return list(said)

    def changed(app):
        app.selectbox(key="net").set_value("resnet34").run()
        return fourth_run(app)

    with monkeypatch.context() as patch:
        patch.setattr(recording, "here", lambda root=None: None)
        app = open_app(page, net="resnet18", memory_of="training")
        drawn_each_time = fourth_run(app), changed(app)
        assert not times
    app = open_app(page, net="resnet18", memory_of="training")
    again = fourth_run(app), changed(app)
    assert len(times) >= 5
    for one, other in zip(again, drawn_each_time, strict=True):
        different = [
            (str(ForwardMsg.FromString(a))[:1500], str(ForwardMsg.FromString(b))[:1500])
            for a, b in zip(one, other, strict=True)
            if a != b
        ]
        assert different == []
