"""One question of the quiz at a time, its explanation, and the result."""

from typing import Final

import streamlit as st

from explorer.lessons.quiz import Question, describe, read_number
from explorer.lessons.quiz.run import Run, spoken
from explorer.ui import quiz
from explorer.ui.address import address
from explorer.ui.answer_field import answer_field
from explorer.ui.navigation import page_title
from explorer.words import glossary, section

_COMPLAINT: Final = "quiz_complaint"


def show(run: Run) -> None:
    """The question on screen, its explanation, or the result."""
    if not run.questions:
        st.warning(section("quiz", "No questions"), icon=":material/warning:")
    elif run.finished:
        _result(run)
    else:
        _question(run)
    if 0 < len(run.questions) < run.settings.length:
        st.caption(section("quiz", "Fewer", count=len(run.questions)))


def _question(run: Run) -> None:
    question, count = run.question, len(run.questions)
    done = len(run.given)
    st.progress(
        done / count,
        text=f"Question {run.index + 1} of {count} · {question.theme}"
        + (f" · {run.score} of {done} right" if done and quiz.explains() else ""),
    )
    # Keyed by the question, so that a new one starts as new elements and not as altered ones.
    with st.container(border=True, key=f"quiz_card_{run.index}"):
        _text_of(question)
        if run.reading:
            _explain(question, run.given[-1].answer)
            st.button(
                "Next question" if done < count else "To the result",
                type="primary",
                shortcut="Enter",
                on_click=quiz.go_on,
                key="quiz_next",
            )
        elif question.typed:
            _typed(run)
        else:
            for position, option in enumerate(question.options, start=1):
                st.button(
                    f"**{option.text}**",
                    key=f"quiz_option_{run.index}_{position}",
                    shortcut=str(position),
                    width="stretch",
                    on_click=quiz.give,
                    args=(run.index, option.text),
                )
    st.caption(section("quiz", "Keys"))


def _typed(run: Run) -> None:
    said = st.session_state.pop(_COMPLAINT, "")
    typed = answer_field(f"quiz_typed_{run.index}", run.question.text, said)
    if typed is None:
        return
    try:
        quiz.give(run.index, read_number(typed))
    except ValueError as problem:
        st.session_state[_COMPLAINT] = f"{problem}."
    st.rerun()


def _text_of(question: Question) -> None:
    if not question.hides_name:
        help_text = glossary("shape") if question.theme == "shapes" else None
        st.markdown(describe(question.network), help=help_text)
    st.subheader(question.text, anchor=False)


def _explain(question: Question, given: str) -> None:
    if question.is_right(given):
        st.success(f"**{_shown(given)}** is right.", icon=":material/check:")
    else:
        mistake = question.mistake_of(given)
        right = f"**{_shown(given)}** is not right, **{question.right}** is."
        st.error(f"{right} {mistake}", icon=":material/close:")
    st.markdown(question.explanation)
    others = {
        text: why
        for text, why in question.mistakes.items()
        if text != given and _offered(question, text)
    }
    if others:
        with st.expander("The other answers"):
            st.markdown("\n".join(f"- {text}: {why}" for text, why in others.items()))
    _link(question)


def _offered(question: Question, text: str) -> bool:
    return question.typed or any(option.text == text for option in question.options)


def _shown(given: str) -> str:
    return given[:1].upper() + given[1:]


def _link(question: Question) -> None:
    network = question.network
    target = address(
        question.page, network.name, network.spec, network.image_size, **question.state
    )
    where = page_title(question.page)
    st.markdown(f"[See it in the app: {where}, {network.title}]({target})")


def _result(run: Run) -> None:
    count = len(run.questions)
    st.header(f"{run.score} of {count} right, in {spoken(run.seconds)}", anchor=False)
    st.markdown(
        "\n".join(
            ["| Theme | Right | Asked |", "|---|---:|---:|"]
            + [
                f"| {theme} | {right} | {asked} |"
                for theme, (right, asked) in run.by_theme().items()
            ]
        )
    )
    with st.container(horizontal=True):
        st.button(
            "Again with a new seed",
            type="primary",
            shortcut="Enter",
            on_click=quiz.again,
            args=(True,),
            key="quiz_again_new",
        )
        st.button("The same quiz again", on_click=quiz.again, args=(False,), key="quiz_again_same")
        st.download_button(
            "Download the answers (CSV)",
            run.csv(),
            f"quiz-{run.settings.seed}.csv",
            "text/csv",
            on_click="ignore",
        )
    if not run.mistakes:
        st.success("Everything right.", icon=":material/check:")
        return
    st.subheader("What went wrong, and why", anchor=False)
    for number, question, given in run.mistakes:
        with st.container(border=True):
            st.caption(f"Question {number} · {question.theme}")
            _text_of(question)
            _explain(question, given.answer)
