"""The lesson without a browser: the way through it, and that every stop opens what it says."""

import json
import re
from urllib.parse import parse_qs

import pytest

from explorer.lessons.lesson import minutes_before, stops

STOPS = pytest.mark.parametrize("stop", stops(), ids=lambda stop: stop.id)


def words(app):
    """All text of a page that Python wrote."""
    kinds = (app.title, app.header, app.markdown, app.caption)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_forty_five_minutes():
    assert minutes_before(len(stops())) == 45
    assert 8 <= len(stops()) <= 10
    assert len({stop.title for stop in stops()}) == len(stops())


@STOPS
def test_texts_are_complete(stop):
    assert stop.minutes > 0
    for text in (stop.text, stop.task, *filter(None, [stop.answer])):
        assert text[-1] in ".?" and not re.search(r"[{}]|None|  ", text), text


def test_numbers_of_the_texts():
    text = " ".join(f"{stop.text} {stop.task} {stop.answer}" for stop in stops())
    for number in ("11,689,512", "1,179,648", "69,632", "ResNet-34 has 3", "ResNet-50 has 4"):
        assert number in text


SHOWN = {
    "network": lambda app: app.title[0].value.replace("**", "") == "ResNet-18",
    "op-by-op": lambda app: any("› **conv1**" in c.value for c in app.caption),
    "solid-and-dashed": lambda app: (
        app.title[0].value.replace("**", "") == "Shortcuts of ResNet-34"
    ),
    "break-a-block": lambda app: len(app.error) == 1 and app.button(key="mend_projection"),
    "bottleneck": lambda app: app.session_state["params_view"] == "bottleneck",
    "batch-norm": lambda app: app.slider(key="bn_size").min == 1,
    "deeper-and-worse": lambda app: any(
        button.label.startswith("Train the four") for button in app.button
    ),
    "delete-a-block": lambda app: (
        app.session_state["infer_view"] == "lesions"
        and "The answer stays the same after" in words(app)
    ),
    "quiz": lambda app: (
        app.session_state["quiz_run"].settings.seed == "lesson"
        and len(app.session_state["quiz_run"].questions) == 5
    ),
}


@STOPS
def test_every_stop_opens_its_page_in_its_state(open_app, stop):
    app = opened(open_app, stop.id)
    assert not app.exception
    assert SHOWN[stop.id](app)


def opened(open_app, name):
    page, _, query = next(stop.see for stop in stops() if stop.id == name).partition("?")
    return open_app(page, **parse_qs(query))


def test_the_broken_block_can_be_mended(open_app):
    app = opened(open_app, "break-a-block")
    app.button(key="mend_projection").click().run()
    assert not app.exception and not app.error


def test_batch_norm_of_one_value(open_app):
    app = opened(open_app, "batch-norm")
    app.slider(key="bn_beta").set_value(2.0)
    app.slider(key="bn_size").set_value(1).run()
    assert not app.exception
    assert any("= 2" in formula.value for formula in app.latex), "what comes out is beta"


def test_next_and_back_and_again(open_app):
    app = open_app("lesson")
    assert app.button(key="lesson_back").disabled
    for number, stop in enumerate(stops(), start=1):
        assert not app.exception
        assert app.header[0].value == stop.title
        assert app.radio(key="lesson_stop").value == stop.id
        (place,) = (text.value for text in app.caption if text.value.startswith("Stop "))
        start, end = map(int, re.search(r"minute (\d+) to (\d+)", place).groups())
        assert place.startswith(f"Stop {number} of {len(stops())}")
        assert (start, end - start) == (sum(s.minutes for s in stops()[: number - 1]), stop.minutes)
        assert stop.text in [text.value for text in app.markdown]
        if number < len(stops()):
            app.button(key="lesson_next").click().run()
    assert app.button(key="lesson_next").disabled
    app.button(key="lesson_back").click().run()
    assert app.header[0].value == stops()[-2].title
    app.button(key="lesson_start_again").click().run()
    assert app.header[0].value == stops()[0].title


def test_the_link_opens_its_stop(open_app):
    app = open_app("lesson", lesson_stop="Break a block")
    assert app.header[0].value == "Break a block"
    app = open_app("lesson", lesson_stop="No such stop")
    assert not app.exception
    assert app.header[0].value == stops()[0].title


def test_jump(open_app):
    app = open_app("lesson")
    app.radio(key="lesson_stop").set_value("quiz").run()
    assert app.header[0].value == "A quiz for all"


@pytest.mark.parametrize("query", [{"net": "resnet1202"}, {"net": "plain20"}, {"image_size": "33"}])
def test_a_handout_of_every_network(open_app, query):
    app = open_app("lesson", **query)
    assert not app.exception
    assert len(app.get("download_button")) == 1


@STOPS
def test_a_stop_that_runs_says_its_task(open_app, stop):
    page, _, query = stop.see.partition("?")
    app = open_app(page, **parse_qs(query), lesson=stop.id)
    assert not app.exception
    assert SHOWN[stop.id](app)
    lines = [text.value for text in app.main.markdown if stop.task in text.value]
    assert len(lines) == 1
    assert f"Stop {stops().index(stop) + 1} of {len(stops())}" in lines[0]


def test_a_line_leads_on_in_the_visitors_language_and_on_their_device(open_app):
    app = open_app("batch_norm", lesson="batch-norm", lang="zh", device="cpu")
    links = [parse_qs(link.proto.query_string) for link in app.main.get("page_link")]
    leads = {query["lesson"][0]: query for query in links if "lesson" in query}
    ids = [stop.id for stop in stops()]
    called = {
        parse_qs(link.proto.query_string)["lesson"][0]: re.search(r"\d+", link.proto.label)
        for link in app.main.get("page_link")
        if "lesson" in parse_qs(link.proto.query_string)
    }
    assert all(int(found[0]) == ids.index(name) + 1 for name, found in called.items())
    at = ids.index("batch-norm")
    assert set(leads) == {ids[at - 1], ids[at + 1]}
    for name, query in leads.items():
        assert (query["lang"], query["device"]) == (["zh"], ["cpu"])
        own = parse_qs(next(stop.see for stop in stops() if stop.id == name).partition("?")[2])
        assert own.items() <= query.items()


def test_without_a_lesson_there_is_no_line(open_app):
    for query in ({}, {"lesson": "no-such-stop"}, {"lesson": ""}):
        app = open_app("batch_norm", **query)
        assert not app.exception
        assert "lesson_line_close" not in {button.key for button in app.button}


def test_closing_ends_the_lesson(open_app):
    app = open_app("batch_norm", lesson="batch-norm")
    app.button(key="lesson_line_close").click().run()
    assert not app.exception
    assert "lesson" not in app.query_params
    assert "lesson_line_close" not in {button.key for button in app.button}


def test_the_list_opens_at_the_stop_under_way_and_leads_it(open_app):
    app = open_app("lesson", lesson="bottleneck")
    assert app.radio(key="lesson_stop").value == "bottleneck"
    app.button(key="lesson_next").click().run()
    assert app.query_params["lesson"] == "batch-norm"
    app.radio(key="lesson_stop").set_value("quiz").run()
    assert app.query_params["lesson"] == "quiz"


SECRETS = {
    "solid-and-dashed": ("13 solid", "3 dashed", "conv3_1", "conv4_1", "conv5_1"),
    "bottleneck": ("1,179,648", "69,632", "589,824"),
    "deeper-and-worse": ("1.267", "0.046", "plain-56 ended"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_answer_before_its_question(open_app, name):
    stop = next(stop for stop in stops() if stop.id == name)
    app = opened(open_app, name)
    told = words(app)
    for secret in SECRETS[name]:
        assert secret not in told
        assert secret not in stop.text + stop.task
    drawings = [
        json.loads(element.proto.json)
        for element in app.main.get("bidi_component")
        if element.proto.json
    ]
    assert not any(drawing.get("selected") for drawing in drawings)
    if name == "bottleneck":
        assert not any("589,824" in drawing.get("svg", "") for drawing in drawings)
    (key,) = (b.key for b in app.main.button if b.label == "Show the results")
    app.button(key=key).click().run()
    assert not app.exception
    shown = words(app) + "".join(str(element.proto) for element in app.main.get("bidi_component"))
    assert SECRETS[name][0] in shown
    assert not any("_hide" in parameter for parameter in app.query_params)
