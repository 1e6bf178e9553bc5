"""A part of a page that is said again is what it would be if it were drawn again."""

import json
from uuid import UUID

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from explorer.ui import budget, drawn_once, recording
from tests.pages.conftest import open_app  # noqa: F401  (the fixture)

PATIENCE_S = 120


@pytest.fixture(autouse=True)
def nothing_kept():
    budget.store().drop()
    yield
    budget.store().drop()


@pytest.fixture
def calls(monkeypatch):
    """How often a part was said again."""
    found = []
    say = recording.say
    monkeypatch.setattr(recording, "say", lambda *given: (found.append(given[1]), say(*given)))
    return found


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("home", {"net": "resnet50"}),
        ("batch_norm", {}),
        ("compare", {"net": "resnet34", "compare_with": "resnet50"}),
        ("parameters", {"params_view": "network"}),
        ("glossary", {"net": "resnet18"}),
        ("shortcuts", {"net": "resnet34"}),
    ],
)
def test_a_page_says_what_it_would_say(open_app, said, calls, monkeypatch, page, query):  # noqa: F811
    # Tables of four steps have a name by chance.
    monkeypatch.setattr("pandas.io.formats.style_render.uuid4", lambda: UUID(int=0))

    def third_run():
        app = open_app(page, **query)
        app.run()
        said.clear()
        calls.clear()
        app.run()
        assert not app.exception
        return list(said)

    with monkeypatch.context() as patch:
        patch.setattr(recording, "here", lambda root=None: None)
        drawn = third_run()
        assert not calls
    again = third_run()
    assert calls
    assert again == drawn


def script():
    import streamlit as st

    from explorer.ui.drawn_once import drawn_once

    times = st.session_state.setdefault("times", [])

    @drawn_once
    def part(text, number=1):
        times.append(text)
        with st.container(key=f"box_{text}"):
            st.markdown(f"{text} {number}")
        st.caption("below")

    @drawn_once
    def control(text):
        times.append(text)
        st.toggle("on", key=text)

    if st.session_state.get("twice"):
        part("a")
    part("a")
    part("a" * 2, number=True)
    part("a" * 2 + "a", number=2)
    with st.empty():
        part("empty")
    control("control")
    st.markdown(f"after, {st.session_state['control']}")


def texts(app):
    return [element.value for element in app.markdown] + [element.value for element in app.caption]


def test_only_what_was_never_drawn_is_drawn():
    first = AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    assert not first.exception
    assert first.session_state["times"] == ["a", "aa", "aaa", "empty", "control"]
    seen = texts(first)
    first.run()
    # A place that holds one element, and a control, are drawn in each run.
    assert first.session_state["times"][5:] == ["empty", "control"]
    assert texts(first) == seen
    other = AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    assert other.session_state["times"] == ["empty", "control"]
    assert texts(other) == seen
    other.toggle(key="control").set_value(True).run()
    assert other.markdown[-1].value == "after, True"


def choosing():
    import streamlit as st

    from explorer.architecture.paths import Paths
    from explorer.ui import chart
    from explorer.views import path_charts

    figure = chart.drawn(path_charts.path_lengths, Paths(9), 1, 5)
    tell = st.session_state.setdefault("told", []).append
    chart.show(figure, "paths", alt="paths", choosable=True, on_choose=tell)


def test_a_chart_that_another_visitor_was_given_tells_what_is_chosen_in_it(calls):
    AppTest.from_function(choosing, default_timeout=PATIENCE_S).run()
    assert not calls
    app = AppTest.from_function(choosing, default_timeout=PATIENCE_S).run()
    assert len(calls) == 1
    assert app.session_state["paths"]["selection"]["points"] == []
    chosen = WidgetState(id=calls[0].ids[0])
    selection = {"points": [{"x": 3}], "point_indices": [3], "box": [], "lasso": []}
    chosen.string_value = json.dumps({"selection": selection})
    app._run(WidgetStates(widgets=[chosen]))
    assert not app.exception
    assert app.session_state["told"] == [[{"x": 3}]]


def test_each_language_has_its_own(monkeypatch):
    app = AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    monkeypatch.setattr(drawn_once, "language", lambda: "zh")
    app.session_state["times"].clear()
    app.run()
    assert app.session_state["times"] == ["a", "aa", "aaa", "empty", "control"]


def test_a_key_that_is_given_twice_is_an_error_as_ever():
    app = AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    app.session_state["twice"] = True
    app.run()
    assert app.exception[0].message


def test_what_failed_is_drawn_again():
    def failing():
        import streamlit as st

        from explorer.ui.drawn_once import drawn_once

        @drawn_once
        def part():
            st.markdown("begun")
            if "well" not in st.session_state:
                raise ValueError("broken")
            st.markdown("ended")

        part()

    app = AppTest.from_function(failing, default_timeout=PATIENCE_S).run()
    assert app.exception
    app.session_state["well"] = True
    for _ in range(2):
        app.run()
        assert not app.exception
        assert [element.value for element in app.markdown] == ["begun", "ended"]


def test_what_is_kept_counts_in_the_budget():
    AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    entries = [entry.value for entry in budget.store()._entries.values()]
    drawn = [entry for entry in entries if isinstance(entry, recording.Drawn)]
    assert len(drawn) == 3
    assert budget.store().bytes > sum(entry.whole_bytes for entry in drawn) > 0
