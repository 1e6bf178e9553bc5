"""The link to a view, and its code for telephones."""

import pytest
import segno
import streamlit as st

from explorer.ui import link


class _Context:
    def __init__(self, url):
        self.url = url


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn for an address and its query: pictures and sentences."""

    def drawn(url, query):
        found = []
        monkeypatch.setattr(st, "context", _Context(url))
        monkeypatch.setattr(link, "drawing", lambda svg, **_: found.append(svg))
        monkeypatch.setattr(st, "write", lambda text: found.append(text))
        monkeypatch.setattr(st, "caption", lambda text: found.append(text))
        params = type("Query", (dict,), {"get_all": lambda self, name: list(self[name])})(query)
        monkeypatch.setattr(st, "query_params", params)
        link._code()
        return found

    return drawn


@pytest.mark.parametrize(
    "url", ["http://localhost:8501/quiz", "http://127.0.0.1:8501", "http://[::1]:8501/", None]
)
def test_an_address_of_this_machine_has_no_code(drawn, url):
    (sentence,) = drawn(url, {"net": ["resnet50"]})
    assert "this machine only" in sentence


def test_the_code_holds_the_whole_address(drawn):
    picture, _ = drawn("http://192.168.0.7:8501/quiz", {"quiz_themes": ["shapes", "macs"]})
    whole = "http://192.168.0.7:8501/quiz?quiz_themes=shapes&quiz_themes=macs"
    assert picture == segno.make(whole, micro=False).svg_inline(
        scale=6, border=4, light="#ffffff", omitsize=True
    )
