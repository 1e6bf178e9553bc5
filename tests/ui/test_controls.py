"""The door: ids in the address, words on screen, and nothing that a link says breaks a page."""

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui.controls import address

LABELS = {"one": "The first", "two": "The second", "three": "The third"}


def script():
    import streamlit as st

    from explorer import words
    from explorer.ui import controls

    shown = {"one": "The first", "two": "The second", "three": "The third"}
    words.ask(controls.language)
    controls.begin()
    controls.begin_page(st.query_params.get("page", ""))
    which = controls.choice("part", tuple(shown), label="Part", shown=shown.__getitem__)
    several = controls.choices("themes", tuple(shown), label="Themes", shown=shown.__getitem__)
    maybe = controls.choice(
        "maybe", tuple(shown), label="Maybe", shown=shown.__getitem__, kind="select", optional=True
    )
    number = controls.number("amount", 0, 10, value=3, label="Amount")

    def go():
        with controls.one_step():
            controls.put("part", "three", "one")
            controls.put("themes", ("two",), ())

    st.button("Go", on_click=go)
    st.write(f"{which} {several} {maybe} {number} {words.language()}")


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setattr(address, "_aliases", lambda: {"part": {"Second": "two", "Fourth": "four"}})

    def opened(**query):
        app = AppTest.from_function(script, default_timeout=120)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return opened


def said(app):
    assert not app.exception, [box.message for box in app.exception]
    return app.markdown[0].value


def test_without_an_address_the_defaults_hold_and_the_address_stays_empty(opened):
    app = opened()
    assert said(app) == "one () None 3 en"
    assert not app.query_params


def test_a_link_names_ids_and_the_screen_shows_words(opened):
    app = opened(part="two", themes=["three", "one"], maybe="two", amount="7")
    assert said(app) == "two ('one', 'three') two 7 en"
    assert [option.content for option in app.button_group[0].proto.options] == [*LABELS.values()]


def test_a_click_writes_the_id_and_the_default_leaves_the_address(opened):
    app = opened()
    app.button_group[0].set_value("two").run()
    assert said(app).startswith("two ")
    assert app.query_params["part"] == "two"
    app.button_group[0].set_value("one").run()
    assert said(app).startswith("one ")
    assert "part" not in app.query_params


def test_what_an_earlier_version_wrote_opens_the_same(opened):
    assert said(opened(part="Second")).startswith("two ")
    assert said(opened(part="Fourth")).startswith("one "), "an alias of what is no option here"


@pytest.mark.parametrize(
    "bad", ["", " ", "zwei", "two\x00", "TWO", "1e400", "a" * 10_000, "<b>", "None", "0"]
)
def test_nonsense_in_a_link_leaves_the_default(opened, bad):
    app = opened(part=bad, themes=[bad, "two"], maybe=bad)
    assert said(app) == "one ('two',) None 3 en"


@pytest.mark.parametrize("bad", ["1e400", "-inf", "nan", "11", "-1", "", "many", "1" * 400])
def test_a_number_of_a_link_is_a_number_in_its_range(opened, bad):
    assert said(opened(amount=bad)) == "one () None 3 en"


def test_the_last_of_two_values_counts(opened):
    assert said(opened(part=["one", "two"])).startswith("two ")


def test_a_button_chooses_for_the_visitor(opened):
    app = opened(part="two")
    app.button[0].click().run()
    assert said(app).startswith("three ('two',)")
    assert app.query_params["part"] == "three"
    assert app.query_params["themes"] == "two"


def test_what_a_button_chooses_is_one_step_of_the_history(opened, monkeypatch):
    from streamlit.runtime.state.query_params import QueryParams

    app = opened(part="two")
    sent = []
    told = QueryParams._send_query_param_msg
    monkeypatch.setattr(
        QueryParams, "_send_query_param_msg", lambda self: (sent.append(str(self)), told(self))
    )
    app.button[0].click().run()
    assert said(app) == "three ('two',) None 3 en"
    assert len(sent) == 1
    assert app.query_params == {"part": "three", "themes": "two"}


def test_a_click_that_comes_with_the_address_of_before_is_not_undone(opened):
    """The browser hears of a new address a moment later; a second click may be quicker."""
    app = opened()
    app.button_group[0].set_value("two").run()
    del app.query_params["part"]
    app.selectbox[0].set_value("three").run()
    assert said(app).startswith("two () three")


def test_another_address_of_the_same_page_is_followed(opened):
    app = opened(part="two")
    app.query_params["part"] = "three"
    assert said(app.run()).startswith("three ")
    del app.query_params["part"]
    assert said(app.run()).startswith("one ")


def test_the_language_is_in_the_address(opened):
    assert said(opened(lang="zh")).endswith("zh")
    assert said(opened(lang="tlh")).endswith("en")
