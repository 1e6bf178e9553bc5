"""The page of statements without a browser: judge, see why, prove, go on."""

import pytest

from explorer.lessons.myths import VERDICTS, myths


@pytest.fixture
def app(open_app):
    app = open_app("myths")
    assert not app.exception
    return app


def test_links_call_pages_as_the_navigation_does(open_app):
    app = open_app("myths", myths_card="identity-all-ones")
    app.button(key="myths_judge_1").click().run()
    links = [text.value for text in app.markdown if "See it in the app" in text.value]
    assert links == [links[0]] and links[0].startswith("[See it in the app: Residual block](")


def test_the_verdict_is_hidden_until_one_has_judged(app):
    first = myths()[0]
    assert first.says in app.header[0].value
    assert not app.success and not app.warning
    app.button(key=f"myths_judge_{VERDICTS.index(first.verdict) + 1}").click().run()
    assert first.fact in app.success[0].value
    assert any(first.origin in text.value for text in app.markdown)
    (score,) = (text.value for text in app.markdown if "1 of 1" in text.value)
    assert f"{len(myths()) - 1} to go" in score


def test_another_opinion_is_answered(app):
    first = myths()[0]
    other = next(verdict for verdict in VERDICTS if verdict != first.verdict)
    app.button(key=f"myths_judge_{VERDICTS.index(other) + 1}").click().run()
    assert first.fact in app.warning[0].value
    assert f"You said: {other}" in app.warning[0].value


def test_proof(open_app):
    app = open_app("myths", myths_card="misprint")
    app.button(key="myths_judge_1").click().run()
    app.button(key="myths_prove").click().run()
    beside, table = (text.value for text in app.markdown if "Computed now" in text.value)
    assert "The myth says" in beside and "1170648" in beside and "” ✗" in beside
    assert "imprecise" not in beside, "it is wrong"
    assert "**1,179,648**" in beside
    assert "1,179,648 ✓" in table and "differs" not in table
    assert "The correction says" in table, "the tick is not the myth's"
    app.button(key="myths_next").click().run()
    assert not any("Computed now" in text.value for text in app.markdown)


def test_the_first_one_is_famous_and_computable():
    assert myths()[0].id == "degradation-overfitting"
    assert myths()[0].proof


def test_once_round(app):
    for myth in myths():
        assert myth.says in app.header[0].value
        app.button(key="myths_judge_1").click().run()
        app.button(key="myths_next").click().run()
        assert not app.exception
    assert myths()[0].says in app.header[0].value
    right = sum(myth.verdict == "right" for myth in myths())
    assert any(f"{right} of {len(myths())}" in text.value for text in app.markdown)
    app.button(key="myths_again").click().run()
    assert not app.success and not app.warning


def test_the_link_opens_its_statement(open_app):
    app = open_app("myths", myths_card="No ReLU on the main path")
    assert "nothing but additions" in app.header[0].value
    assert not open_app("myths", myths_card="No such statement").exception
