"""The page of questions without a browser: cards, proofs, grades, and the file."""

import json

import pytest

from explorer.lessons.progress import FORMAT, FORMATS
from explorer.lessons.questions import cards

CARD, TITLE = "bottleneck", "Explain the bottleneck"


@pytest.fixture
def app(open_app):
    app = open_app("questions", questions_card=TITLE)
    assert not app.exception
    return app


def shown(app):
    return app.selectbox(key="questions_card").value


def upload(app, data):
    app.file_uploader[0].upload("progress.json", data, "application/json").run()
    assert not app.exception


def test_the_link_opens_its_card_and_hides_the_answer(app):
    card = next(card for card in cards() if card.id == CARD)
    assert shown(app) == CARD
    assert app.header[0].value == card.ask
    assert card.short not in [box.value for box in app.info]


def test_answer_then_proof(app):
    app.button(key="questions_show_answer").click().run()
    assert any("1,179,648" in box.value for box in app.info)
    app.button(key="questions_prove").click().run()
    table = next(text.value for text in app.markdown if "Computed now" in text.value)
    assert table.count("1,179,648") == 2 and "differs" not in table
    assert table.count("✓") == 5
    app.run()
    assert any("Computed now" in text.value for text in app.markdown), "a rerun keeps the proof"


def test_grading_goes_on_and_is_remembered(app):
    app.button(key="questions_show_answer").click().run()
    app.button(key="questions_grade_3").click().run()
    assert shown(app) != CARD
    assert app.session_state["questions_grades"] == {CARD: "no"}
    app.segmented_control(key="questions_show").set_value("to_review").run()
    assert shown(app) == CARD
    app.button(key="questions_show_answer").click().run()
    app.button(key="questions_grade_1").click().run()
    assert any("Nothing is left" in box.value for box in app.info)


def test_next_and_previous(app):
    ids = [card.id for card in cards()]
    app.button(key="questions_next").click().run()
    assert shown(app) == ids[ids.index(CARD) + 1]
    app.button(key="questions_previous").click().run()
    assert shown(app) == CARD


def test_search_and_filters(app):
    app.text_input(key="questions_find").input("dropout").run()
    assert shown(app) == "dropout"
    app.text_input(key="questions_find").input("no such words").run()
    assert any("No question fits" in box.value for box in app.info)
    assert not app.exception


def test_an_unknown_question_in_a_link_is_named(open_app):
    app = open_app("questions", questions_card="No `such` card")
    (said,) = [box.value for box in app.warning]
    assert said.startswith("questions_card=") and "such" in said and "left out" in said
    assert not open_app("questions", questions_card=CARD).warning
    assert not open_app("questions", questions_card=TITLE).warning  # a name of before
    assert not open_app("questions", questions_card="").warning


def test_every_filter_by_itself(open_app):
    for query in (
        {"questions_themes": "shortcuts"},
        {"questions_levels": "hard"},
        {"questions_show": "not graded"},
        {"questions_show": "cooked"},
        {"questions_card": "No such card"},
    ):
        app = open_app("questions", **query)
        assert not app.exception
        card = next(card for card in cards() if card.id == shown(app))
        assert card.theme == query.get("questions_themes", card.theme)
        assert card.level == query.get("questions_levels", card.level)


@pytest.mark.parametrize(("written", "name"), [(FORMAT, CARD), (FORMATS[0], TITLE)])
def test_progress_can_be_loaded(app, written, name):
    grades = {name: "nearly", "Gone": "no"}
    upload(app, json.dumps({"format": written, "grades": grades}).encode())
    assert app.session_state["questions_grades"] == {CARD: "nearly"}
    assert app.success[0].value.startswith("Grades loaded: 1. Left out")


def test_a_bad_file_gets_one_sentence(app):
    upload(app, b"hello")
    assert [box.value for box in app.error] == [
        "The file is not JSON; choose one that was saved on this page."
    ]


@pytest.mark.parametrize("card", cards()[::6], ids=lambda card: card.id)
def test_cards_open(open_app, card):
    app = open_app("questions", questions_card=card.id)
    app.button(key="questions_show_answer").click().run()
    assert not app.exception
    assert card.short in [box.value for box in app.info]
    assert card.why in [text.value for text in app.markdown]


def test_to_review_is_what_was_not_known_well(app):
    ids = [card.id for card in cards()][:4]
    app.session_state["questions_grades"] = dict(zip(ids, ("yes", "nearly", "no"), strict=False))
    app.segmented_control(key="questions_show").set_value("to_review").run()
    assert app.selectbox(key="questions_card").options == [
        card.title for card in cards() if card.id in ids[1:3]
    ]
