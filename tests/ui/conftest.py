"""What tests of the parts of pages share."""

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext


@pytest.fixture
def said(monkeypatch):
    """What the browser is told, each message as it is sent: its place, its words, its hash."""
    found = []
    enqueue = ScriptRunContext.enqueue

    def heard(context, message):
        enqueue(context, message)
        # What can be saved has an address by chance.
        if message.delta.new_element.WhichOneof("type") != "download_button":
            found.append(message.SerializeToString(deterministic=True))

    monkeypatch.setattr(ScriptRunContext, "enqueue", heard)
    return found
