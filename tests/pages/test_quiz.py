"""The quiz page without a browser: the flow, the settings, and what survives."""

import pytest
from streamlit.testing.v1 import AppTest

from explorer.lessons.quiz import make_quiz

SEED = "14"


@pytest.fixture
def opened(open_app):
    def opened(**query: str) -> AppTest:
        app = open_app("quiz", **{"quiz_seed": SEED, "quiz_length": "5", **query})
        assert not app.exception
        return app

    return opened


def run_of(app: AppTest):
    return app.session_state["quiz_run"]


def answer_all(app: AppTest, right: bool = True) -> None:
    """Typed answers need a browser, so those are given to the run itself."""
    run = run_of(app)
    while not run.finished:
        question = run.question
        text = question.right if right else next(iter(question.mistakes))
        if question.typed:
            run.answer(run.index, text, 0.0, True)
        else:
            offered = [o.id for o in question.options]
            text = text if text in offered else next(t for t in offered if t != question.right)
            key = f"quiz_option_{run.index}_{offered.index(text) + 1}"
            app.button(key=key).click().run()
            assert run.given[-1].answer == text
        app.run()
        app.button(key="quiz_next").click().run()
        assert not app.exception


def test_the_address_decides_the_questions(opened):
    assert run_of(opened()).questions == make_quiz(SEED, 5)


def test_from_the_first_question_to_the_result(opened, monkeypatch):
    saved = set()
    monkeypatch.setattr("explorer.ui.saving.save", saved.update)
    app = opened()
    answer_all(app)
    assert app.header[0].value.startswith("5 of 5 right")
    assert saved == {f"quiz-{SEED}.csv"}, "a class has one file for each quiz"
    assert any("Everything right" in success.value for success in app.success)


def test_every_mistake_is_explained(opened):
    app = opened()
    answer_all(app, right=False)
    run = run_of(app)
    assert app.header[0].value.startswith("0 of 5 right")
    for question in run.questions:
        assert question.explanation in [text.value for text in app.markdown]
    for _, question, given in run.mistakes:
        assert any(question.mistake_of(given.answer) in error.value for error in app.error)


def test_feedback_at_the_end_goes_straight_on(opened):
    app = opened(quiz_feedback="end")
    run = run_of(app)
    while run.question.typed:
        run.answer(run.index, "1", 0.0, False)
        app.run()
    before = run.index
    (bar,) = (one.proto.value for one in app.get("progress"))
    assert bar == 100 * before // 5, "what is answered, right or wrong"
    app.button(key=f"quiz_option_{before}_1").click().run()
    assert not app.success and not app.error
    assert run_of(app).index == before + 1


def test_again(opened):
    app = opened()
    answer_all(app)
    app.button(key="quiz_again_same").click().run()
    assert run_of(app).questions == make_quiz(SEED, 5) and not run_of(app).given
    answer_all(app)
    app.button(key="quiz_again_new").click().run()
    assert run_of(app).settings.seed != SEED
    assert not run_of(app).given


def test_another_language_ends_no_quiz(opened):
    app = opened(quiz_feedback="end")
    run = run_of(app)
    asked = [(question.kind, question.right) for question in run.questions]
    run.answer(0, run.question.right, 0.0, False)
    app.session_state["controls"].chosen["lang"] = "zh"
    app.run()
    assert not app.exception
    assert run_of(app) is run and run.score == 1
    assert app.session_state["quiz_language"] == "zh"
    assert [(question.kind, question.right) for question in run.questions] == asked


def test_answers_are_taken_up_with_the_same_settings(opened):
    app = opened(quiz_feedback="end")
    run = run_of(app)
    run.answer(0, run.question.right, 0.0, False)
    app.session_state["quiz_kept"] = {run.settings.id: list(run.given)}
    app.text_input(key="quiz_seed").input("15").run()
    assert run_of(app).settings.seed == "15" and not run_of(app).given
    app.text_input(key="quiz_seed").input(SEED).run()
    assert run_of(app) is not run and run_of(app).score == 1


def test_without_a_seed_everyone_gets_their_own(open_app):
    app = open_app("quiz")
    assert run_of(app).settings.seed.isdigit()
    first = run_of(app)
    app.run()
    assert run_of(app) is first, "a rerun must not start anew"


def test_the_sidebars_network(opened):
    app = opened(quiz_networks="sidebar", net="ResNet-50", quiz_themes="macs")
    run = run_of(app)
    assert {question.network.title for question in run.questions} == {"ResNet-50"}
    assert {question.theme for question in run.questions} == {"macs"}
    app.selectbox(key="net").select("ResNet-34").run()
    assert run_of(app) is run, "another network in the sidebar ends no quiz"
    before, _, after = app.info[0].value.partition("ResNet-50")
    assert "ResNet-34" in after and "ResNet-34" not in before
    app.button(key="quiz_other_network").click().run()
    assert {question.network.title for question in run_of(app).questions} == {"ResNet-34"}
    assert not app.info


def test_a_plain_network_has_no_shortcuts_to_ask_about(opened):
    app = opened(quiz_networks="sidebar", family="Plain", net="Plain-20", quiz_themes="shortcuts")
    assert "Choose more themes" in app.warning[0].value


@pytest.mark.parametrize(
    "query", [{"quiz_length": "7"}, {"quiz_themes": "cooking"}, {"quiz_networks": "x"}]
)
def test_values_that_do_not_exist_fall_back(opened, query):
    assert run_of(opened(**query)).questions


def test_named_networks_are_those_that_everybody_knows(opened):
    app = opened(quiz_networks="named", net="resnet101")
    run = run_of(app)
    assert {question.network.title for question in run.questions} <= {
        "ResNet-18",
        "ResNet-34",
        "ResNet-50",
    }
    app.selectbox(key="net").select("ResNet-34").run()
    assert run_of(app) is run and not app.info, "the sidebar decides nothing"


def test_the_options_stay_and_say_what_leads_to_each(opened):
    app = opened()
    run = run_of(app)
    while run.question.typed:
        run.answer(run.index, "1", 0.0, False)
        app.run()
    question = run.question
    letters = [button.label[:1] for button in app.button if "quiz_option" in str(button.key)]
    assert "".join(letters) == "ABCD"[: len(question.options)]
    wrong = next(place for place, o in enumerate(question.options) if o.id != question.right)
    app.button(key=f"quiz_option_{run.index}_{wrong + 1}").click().run()
    shown = {**{box.value: "right" for box in app.success}, **{b.value: "wrong" for b in app.error}}
    texts = [*shown, *(text.value for text in app.markdown)]
    for letter, option in zip("ABCD", question.options, strict=False):
        (row,) = (text for text in texts if text.startswith(f"{letter} · **{option.text}**"))
        assert option.mistake in row
        expected = {question.right: "right", question.options[wrong].id: "wrong"}.get(option.id)
        assert shown.get(row) == expected
