"""One question of the quiz at a time, its explanation, and the result."""

from typing import Final

import streamlit as st

from explorer.lessons.quiz import Question, describe, read_number
from explorer.lessons.quiz.run import Run, spoken, theme_title
from explorer.ui import controls, focus, frame, quiz, saving
from explorer.ui.address import address
from explorer.ui.answer_field import answer_field
from explorer.ui.letter_keys import LETTERS, letter_keys
from explorer.ui.navigation import page_title
from explorer.words import WordedError, glossary, label, section

_COMPLAINT: Final = "quiz_complaint"


def show(run: Run) -> None:
    """The question on screen, its explanation, or the result."""
    if not run.questions:
        st.warning(section("quiz", "No questions"), icon=":material/warning:")
    elif run.finished:
        _result(run)
    else:
        inputs = (
            *(run.question, run.settings.id, run.index, len(run.questions), run.reading),
            *(tuple(run.given), quiz.explains(), st.session_state.get(_COMPLAINT)),
        )
        controls.drawn_again("quiz_question", inputs, lambda: _question(run))
    if 0 < len(run.questions) < run.settings.length:
        st.caption(section("quiz", "Fewer", count=len(run.questions)))


def _question(run: Run) -> None:
    question, count = run.question, len(run.questions)
    done = len(run.given)
    place = label(
        "quiz.progress_right" if done and quiz.explains() else "quiz.progress",
        number=run.index + 1,
        count=count,
        theme=theme_title(question.theme),
        right=run.score,
        done=done,
    )
    st.progress(done / count, text=place)
    # Keyed by the question, so that a new one starts as new elements and not as altered ones.
    with st.container(border=True, key=f"quiz_card_{run.index}"):
        _text_of(question)
        if run.reading:
            given = run.given[-1].answer
            if question.typed:
                _verdict(question, given)
            else:
                _marked(question, given)
            st.button(
                label("quiz.next_question" if done < count else "quiz.to_the_result"),
                type="primary",
                shortcut="Enter",
                on_click=quiz.go_on,
                key="quiz_next",
            )
            _explain(question, given)
        elif question.typed:
            _typed(run)
        else:
            _options(run)
    # After an answer one goes on, and after that one reads; a field asks for its focus itself.
    asked = f"{run.settings.id} {run.index} {run.reading}"
    if run.reading:
        focus.follow("quiz_focus", asked, "quiz_next", "button")
    else:
        focus.follow("quiz_focus", asked, f"quiz_card_{run.index}", "h2")
    frame.keys(section("quiz", "Keys"), "quiz")


def _options(run: Run) -> None:
    options = run.question.options
    for position, (letter, option) in enumerate(zip(LETTERS, options, strict=False), start=1):
        st.button(
            label("quiz.option", letter=letter, answer=option.text),
            key=f"quiz_option_{run.index}_{position}",
            on_click=quiz.give,
            args=(run.index, option.id),
        )
    chosen = letter_keys(f"quiz_letters_{run.index}", len(options))
    if chosen is not None:
        quiz.give(run.index, options[chosen].id)
        controls.again()


def _marked(question: Question, given: str) -> None:
    """The options where they were: which is right, which was chosen, and what leads to each."""
    for letter, option in zip(LETTERS, question.options, strict=False):
        shown = label("quiz.option", letter=letter, answer=option.text)
        if question.is_right(option.id):
            st.success(section("quiz", "right option", option=shown), icon=":material/check:")
        elif option.id == given:
            said = section("quiz", "wrong option", option=shown, mistake=option.mistake)
            st.error(said, icon=":material/close:")
        else:
            with st.container(border=True):
                st.markdown(section("quiz", "other option", option=shown, mistake=option.mistake))


def _typed(run: Run) -> None:
    said = st.session_state.pop(_COMPLAINT, "")
    typed = answer_field(f"quiz_typed_{run.index}", run.question.text, said)
    if typed is None:
        return
    try:
        quiz.give(run.index, read_number(typed))
    except WordedError as problem:
        st.session_state[_COMPLAINT] = str(problem)
    controls.again()


def _text_of(question: Question) -> None:
    if not question.hides_name:
        help_text = glossary("shape") if question.theme == "shapes" else None
        st.markdown(describe(question.network), help=help_text)
    st.header(question.text, anchor=False)


def _verdict(question: Question, given: str) -> None:
    shown = question.shown(given)
    if question.is_right(given):
        st.success(section("quiz", "right", given=shown), icon=":material/check:")
    else:
        right, mistake = question.shown(question.right), question.mistake_of(given)
        said = section("quiz", "wrong", given=shown, right=right, mistake=mistake)
        st.error(said, icon=":material/close:")


def _explain(question: Question, given: str) -> None:
    st.markdown(question.explanation)
    others = [
        section("quiz", "other answer", answer=question.shown(name), why=why)
        for name, why in question.mistakes.items()
        if name != given
    ]
    # Those on offer have been explained where they stand.
    if others and question.typed:
        with st.expander(label("quiz.other_answers")):
            st.markdown("\n".join(others))
    _link(question)


def _link(question: Question) -> None:
    network = question.network
    target = address(
        question.page, network.name, network.spec, network.image_size, **question.state
    )
    page = page_title(question.page)
    st.markdown(section("quiz", "link", page=page, network=network.title, address=target))


def _result(run: Run) -> None:
    count = len(run.questions)
    result = label("quiz.result", right=run.score, count=count, time=spoken(run.seconds))
    with st.container(key="quiz_result"):
        st.header(result, anchor=False)
    focus.follow("quiz_focus", f"{run.settings.id} result", "quiz_result", "h2")
    st.markdown(run.table())
    with st.container(horizontal=True):
        st.button(
            label("quiz.again_new"),
            type="primary",
            shortcut="Enter",
            on_click=quiz.again,
            args=(True,),
            key="quiz_again_new",
        )
        st.button(
            label("quiz.again_same"), on_click=quiz.again, args=(False,), key="quiz_again_same"
        )
    saving.save({f"quiz-{run.settings.seed}.csv": run.csv()})
    if not run.mistakes:
        st.success(label("quiz.everything_right"), icon=":material/check:")
        return
    st.header(label("quiz.what_went_wrong"), anchor=False)
    for number, question, given in run.mistakes:
        with st.container(border=True):
            st.caption(label("quiz.place", number=number, theme=theme_title(question.theme)))
            _text_of(question)
            if question.typed:
                _verdict(question, given.answer)
            else:
                _marked(question, given.answer)
            _explain(question, given.answer)
