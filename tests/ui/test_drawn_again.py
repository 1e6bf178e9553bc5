"""A part with controls is said again while nothing in it has changed; else it is drawn."""

from concurrent.futures import wait
from uuid import UUID

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.testing.v1 import AppTest

from explorer.architecture import preset
from explorer.experiments.desk import Desk
from explorer.ui import recording, taking_over, tracing
from explorer.words import label
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
    # What has changed just now is listened to when it stays.
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


def bound():
    import streamlit as st

    from explorer.ui import controls

    times = st.session_state.setdefault("times", [])

    def part():
        times.append("part")
        wide = st.slider("wide", 0, 9, 3, key="wide", **controls.BOUND)
        return wide, st.toggle("on", key="on", **controls.BOUND)

    controls.begin()
    controls.begin_page("")
    read = lambda: tuple(controls.all_held(("wide", "on")))  # noqa: E731
    st.markdown(str(controls.drawn_again("part", (), part, read)))
    st.button("narrow", key="narrow", on_click=st.session_state.update, args=({"wide": 1},))


def test_what_a_visitor_gives_to_bound_controls_is_read_and_not_drawn():
    app = AppTest.from_function(bound, default_timeout=PATIENCE_S)
    app.query_params["wide"] = "5"
    app.run()
    assert drawn(app)
    assert not drawn(app)
    for value in (7, 3, 8, 8):
        app.slider(key="wide").set_value(value)
        assert not drawn(app)
        assert app.markdown[0].value == f"({value}, False)"
        assert app.slider(key="wide").value == value
    app.toggle(key="on").set_value(True)
    assert not drawn(app)
    assert app.markdown[0].value == "(8, True)"
    # What the app itself sets the browser must be told, and once.
    app.button(key="narrow").click()
    assert not drawn(app)
    assert app.markdown[0].value == "(1, True)"
    told = app.slider(key="wide").proto
    assert (told.set_value, [*told.value]) == (True, [1])
    assert not drawn(app)
    told = app.slider(key="wide").proto
    assert (told.set_value, [*told.value]) == (False, [])
    assert app.markdown[0].value == "(1, True)"
    assert not app.exception


@pytest.mark.parametrize(
    ("page", "link", "moves"),
    [
        (
            "parameters",
            {"params_channels": "64"},
            [("select_slider", "params_channels", 128), ("select_slider", "params_channels", 256),
             ("toggle", "params_bias", True), ("select_slider", "params_size", 14)],
        ),
        (
            "batch_norm",
            {"bn_gamma": "2.0"},
            [("slider", "bn_gamma", 1.0), ("select_slider", "bn_eps", "0.1"),
             ("slider", "bn_row", 4), ("slider", "bn_row", 1)],
        ),
    ],
)  # fmt: skip
def test_bound_controls_that_were_moved_say_what_they_would_say(
    open_app,  # noqa: F811
    said,
    monkeypatch,
    page,
    link,
    moves,
):
    """And the address is the same, in which Streamlit writes no default."""
    section = {"parameters": ("params_view", "network"), "batch_norm": ("bn_section", "modes")}[
        page
    ]
    # pandas numbers its tables by chance.
    monkeypatch.setattr("pandas.io.formats.style_render.uuid4", lambda: UUID(int=0))
    taken = []
    taken_over = taking_over.taken_over
    monkeypatch.setattr(
        taking_over, "taken_over", lambda *given: (taken.append(taken_over(*given)), taken[-1])[1]
    )

    def walked():
        app = open_app(page, net="resnet18", **link)
        for _ in range(3):
            app.run()
        every = []
        for kind, key, value in moves:
            said.clear()
            getattr(app, kind)(key=key).set_value(value).run()
            every.append(([*said], dict(app.query_params)))
        app.button_group(key=section[0]).set_value(section[1]).run()
        app.run()
        assert not app.exception
        return [*every, dict(app.query_params)]

    with monkeypatch.context() as patch:
        patch.setattr(recording, "here", lambda root=None: None)
        drawn_each_time = walked()
    assert not taken
    again = walked()
    assert again[-1] == drawn_each_time[-1]
    for (one, address), (other, wanted) in zip(again[:-1], drawn_each_time[:-1], strict=True):
        assert address == wanted
        assert different(one, other) == []
    assert len(taken) == len(moves)
    assert all(taken)


def parted():
    import streamlit as st

    from explorer.ui import controls

    controls.begin()
    controls.begin_page("")
    parts = {name: lambda name=name: st.markdown(name) for name in ("preprocessing", "origin")}
    controls.sections("infer_view", parts)
    st.button("go", key="go", on_click=controls.put, args=("infer_view", "origin", "preprocessing"))


def test_a_section_that_the_app_opens_is_told_where_it_was_opened_before():
    app = AppTest.from_function(parted, default_timeout=PATIENCE_S).run()
    for name in ("origin", "preprocessing", "origin", "preprocessing"):
        app.button_group(key="infer_view").set_value(name).run()
        app.run()
    app.button(key="go").click().run()
    told = app.button_group(key="infer_view").proto
    assert app.markdown[0].value == "origin"
    assert (told.set_value, [*told.raw_values]) == (True, [label("infer_view.origin")])
    assert not app.exception


def test_a_value_that_the_browser_has_missed_is_told_once_more():
    app = AppTest.from_function(bound, default_timeout=PATIENCE_S).run()
    app.run()
    app.run()
    for _ in range(2):
        app.button(key="narrow").click().run()
        told = app.slider(key="wide").proto
        assert (told.set_value, [*told.value]) == (True, [1])
        # The message was lost: the browser still says what it had.
        app.slider(key="wide").set_value(3)


def offering():
    import streamlit as st

    from explorer.ui import controls

    times = st.session_state.setdefault("times", [])

    def part():
        times.append("part")
        st.download_button("save", "eagerly", "file.txt", key="eager")
        st.download_button("save", lambda: "when asked", "late.txt", key="late")

    controls.begin()
    controls.begin_page("")
    controls.drawn_again("part", (), part)


@pytest.fixture
def server_files(monkeypatch):
    """The files of a server that runs on; AppTest starts another with each run."""
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    monkeypatch.setattr("streamlit.testing.v1.app_test.MediaFileManager", lambda storage: manager)
    return manager


def test_what_can_be_saved_stays_while_its_part_is_said_again(server_files):
    app = AppTest.from_function(offering, default_timeout=PATIENCE_S).run()
    assert drawn(app)
    for _ in range(3):
        assert not drawn(app)
        # As at the end of another visitor's run.
        server_files.remove_orphaned_files()
        (given,) = server_files._files_by_session_and_coord.values()
        eager, late = (given[place] for place in sorted(given))
        assert server_files._storage.get_file(f"{eager}.txt").content == b"eagerly"
        assert server_files._deferred_callables[late]["callable"]() == "when asked"
    # Between two runs of this visitor's, so that nothing is wanted of it.
    server_files.clear_session_refs(*server_files._files_by_session_and_coord)
    server_files.remove_orphaned_files()
    assert drawn(app)
    assert not drawn(app)
    assert not app.exception


def trace_once(monkeypatch):
    """The same times on every page: those of one pass."""
    desk = Desk(tracing._traced)
    for name in ("resnet18", "resnet34"):
        while not desk.ask(key := (preset(name), 224, "auto")).future.done():
            wait([desk.ask(key).future], 0.5)
    monkeypatch.setattr(tracing, "desk", lambda: desk)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("home", {}),
        ("compare", {}),
        ("parameters", {"memory_of": "training"}),
        ("shape_trace", {}),
        ("shortcuts", {}),
        ("block_lab", {"unit_view": "dialects"}),
        ("batch_norm", {"bn_section": "modes"}),
        ("why_residual", {}),
        ("inference", {}),
        ("quiz", {"quiz_seed": "clicks"}),
        ("questions", {}),
    ],
)
def test_a_page_says_what_it_would_say(
    open_app,  # noqa: F811
    said,
    server_files,
    monkeypatch,
    page,
    query,
):
    monkeypatch.setattr("explorer.ui.browser_store.token_hex", lambda count: "ab" * count)
    if page == "shape_trace":
        trace_once(monkeypatch)
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
        app = open_app(page, net="resnet18", **query)
        drawn_each_time = fourth_run(app), changed(app)
        assert not times
    app = open_app(page, net="resnet18", **query)
    again = fourth_run(app), changed(app)
    assert len(times) >= 5
    for one, other in zip(again, drawn_each_time, strict=True):
        assert different(one, other) == []


@pytest.mark.parametrize(
    ("page", "key", "walk", "at_least"),
    [
        (
            "batch_norm",
            "bn_section",
            ["modes", "steps", "modes", "steps", ("slider", "bn_size", 6), "modes", "steps",
             "modes", ("toggle", "bn_forget", True), "steps", "modes", "steps"],
            3,
        ),
        (
            "parameters",
            "params_view",
            ["network", "presets", "bottleneck", "network", "presets", "bottleneck",
             ("select_slider", "params_channels", 64), "network", "presets",
             ("selectbox", "params_protocol", "paper-10-crops"), "bottleneck", "presets", "network",
             ("button_group", "params_of", "macs"), "presets", "network", "presets"],
            4,
        ),
        (
            "block_lab",
            "unit_view",
            ["dialects", "block", "dialects", "block", ("button", "case_halving", None),
             "dialects", "block", "dialects", ("radio", "unit_dialect", "mxnet"), "block",
             "dialects", "block"],
            3,
        ),
    ],
)  # fmt: skip
def test_a_section_that_is_opened_again_says_what_it_would_say(
    open_app,  # noqa: F811
    said,
    monkeypatch,
    page,
    key,
    walk,
    at_least,
):
    """What was chosen in it meanwhile is still there, on the screen and in the address."""
    monkeypatch.setattr("pandas.io.formats.style_render.uuid4", lambda: UUID(int=0))
    opened = []
    say = recording.say

    def listening(place, kept, back=(), messages=None):
        if back:
            opened.append(kept)
        say(place, kept, back, messages)

    monkeypatch.setattr(recording, "say", listening)

    def walked():
        app = open_app(page, net="resnet18")
        for _ in range(3):
            app.run()
        every = []
        for step in walk:
            said.clear()
            if isinstance(step, str):
                app.button_group(key=key).set_value(step).run()
            elif step[0] == "button":
                app.button(key=step[1]).click().run()
            else:
                getattr(app, step[0])(key=step[1]).set_value(step[2]).run()
            assert not app.exception
            every.append(([*said], dict(app.query_params)))
        return every

    with monkeypatch.context() as patch:
        patch.setattr(recording, "here", lambda root=None: None)
        walked()  # nothing is computed in front of the visitor after this
        drawn_each_time = walked()
    assert not opened
    again = walked()
    assert len(opened) >= at_least
    for (one, address), (other, wanted) in zip(again, drawn_each_time, strict=True):
        assert address == wanted
        assert different(one, other) == []


@pytest.mark.parametrize(
    ("page", "steps"),
    [
        (
            "questions",
            ["questions_next", "questions_next", "questions_previous",
             ("selectbox", "questions_card", 5), "questions_next", "questions_show_answer",
             "questions_grade_2", "questions_previous"],
        ),
        ("myths", ["myths_next", "myths_previous", ("selectbox", "myths_card", 3), "myths_next"]),
        (
            "shape_trace",
            ["trace_next", "trace_next_block", ("slider", "trace_step", 9), "trace_previous",
             "trace_last", "trace_first", "trace_next"],
        ),
    ],
)  # fmt: skip
def test_a_value_that_the_app_puts_is_told_as_it_would_be(
    open_app,  # noqa: F811
    said,
    monkeypatch,
    page,
    steps,
):
    monkeypatch.setattr("explorer.ui.browser_store.token_hex", lambda count: "ab" * count)
    if page == "shape_trace":
        trace_once(monkeypatch)
    told = []
    taken_over = taking_over.taken_over
    monkeypatch.setattr(
        taking_over, "taken_over", lambda *given: (told.append(taken_over(*given)), told[-1])[1]
    )

    def walked():
        app = open_app(page, net="resnet18")
        for _ in range(3):
            app.run()
        every = []
        for step in steps:
            said.clear()
            if isinstance(step, str):
                app.button(key=step).click().run()
            elif step[0] == "selectbox":
                app.selectbox(key=step[1]).select_index(step[2]).run()
            else:
                app.slider(key=step[1]).set_value(step[2]).run()
            assert not app.exception
            every.append(([_but_for_the_default(one) for one in said], dict(app.query_params)))
        return every

    with monkeypatch.context() as patch:
        patch.setattr(recording, "here", lambda root=None: None)
        walked()
        drawn_each_time = walked()
    assert not told
    again = walked()
    assert sum(map(bool, told)) >= len(steps) - 2
    for (one, address), (other, wanted) in zip(again, drawn_each_time, strict=True):
        assert address == wanted
        assert different(one, other) == []


def _but_for_the_default(said):
    """What a control shows that has no value: each of these is told one, or has one."""
    message = ForwardMsg.FromString(said)
    for kind in ("slider", "selectbox"):
        if message.delta.new_element.WhichOneof("type") == kind:
            getattr(message.delta.new_element, kind).ClearField("default")
            message.hash = ""
    return message.SerializeToString()


def different(one, other):
    """The messages of two runs that are not the same, in words."""
    return [
        tuple(str(ForwardMsg.FromString(message))[:1500] for message in pair)
        for pair in zip(one, other, strict=True)
        if pair[0] != pair[1]
    ]
