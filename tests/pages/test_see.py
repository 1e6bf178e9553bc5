"""Every link of a question, a statement, a stop, a term and the quiz opens what it names."""

from urllib.parse import parse_qs

import pytest

from explorer.lessons.glossary import terms
from explorer.lessons.lesson import stops
from explorer.lessons.myths import myths
from explorer.lessons.questions import cards
from explorer.lessons.quiz import make_quiz
from explorer.ui import controls

LINKS = sorted(
    {item.see for items in (cards(), myths(), stops(), terms()) for item in items if item.see}
)
STATES = sorted(
    {
        (question.page, key, value)
        for seed in range(40)
        for question in make_quiz(seed, 20)
        for key, value in question.state.items()
        if key not in ("trace_op", "shortcuts_block", "bn_layer", "params_channels")
    }
)
"""Page, key and value of the quiz's links; paths of ops and numbers of channels are not words."""


def held(app, key):
    """What a control of the page holds, whether it is the door's or Streamlit's own."""
    chosen = app.session_state["controls"].chosen
    if key in chosen:
        return chosen[key]
    return app.session_state.get(key, None)


def opens(open_app, page, state):
    app = open_app("" if page == "home" else page, **state)
    assert not app.exception, [box.message for box in app.exception]
    assert not app.warning, [box.value for box in app.warning]
    for key, value in state.items():
        if key == "trace_op":
            continue  # the player's own, which tests/pages/test_shape_trace.py follows
        names = [value] if isinstance(value, str) else value
        found = held(app, key)
        chosen = [str(one) for one in (found if isinstance(found, (tuple, list)) else [found])]
        assert chosen in (names, [controls.aliases(key).get(name, name) for name in names]), key


@pytest.mark.parametrize("see", LINKS)
def test_a_link_opens_its_state(open_app, see):
    page, _, query = see.partition("?")
    opens(
        open_app,
        page,
        {key: found if len(found) > 1 else found[0] for key, found in parse_qs(query).items()},
    )


@pytest.mark.parametrize(("page", "key", "value"), STATES)
def test_a_link_of_the_quiz_opens_its_state(open_app, page, key, value):
    opens(open_app, page, {key: value})
