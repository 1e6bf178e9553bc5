"""Visitors who go in the middle of heavy work, and servers that do."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from explorer.words import label
from tests.benchmarks.load import Visitor

HEAVY = "net=custom&block=basic&depths=20&widths=256&stem=cifar&num_classes=10&image_size=112"
"""Some 300 billion multiply-adds in 40 convolutions, twice: ten seconds, or many more."""


def test_a_closed_tab_frees_its_place(start):
    # On one thread, however many cores there are: it shall not be done before one leaves.
    server = start(RESNET_EXPLORER_PLACES="1", RESNET_EXPLORER_THREADS="1")

    async def ask(query):
        async with Visitor(server.url, "inference", query) as visitor:
            seconds = await visitor.rerun()
            assert visitor.exceptions == []
            return seconds

    async def leave():
        async with Visitor(server.url, "inference", HEAVY) as visitor:
            try:
                async with asyncio.timeout(4):
                    await visitor.rerun()
            except TimeoutError:
                return
        raise AssertionError("it was no heavy pass")

    async def visit():
        await ask("net=resnet20")  # loads torch
        alone = await ask("net=resnet34&infer_weights=untrained&image_size=160")
        await leave()
        began = time.monotonic()
        await ask("net=resnet34&infer_weights=untrained&image_size=192")
        return alone, time.monotonic() - began

    alone, after = asyncio.run(visit())
    assert after < 3 * alone + 4, "the place was held by somebody who had gone"
    assert "Traceback" not in server.log.read_text(errors="replace")


class Clicking(Visitor):
    """A visitor who knows the buttons of the page by their labels."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.buttons = {}

    def _is_end(self, raw):
        message = ForwardMsg.FromString(raw)
        if message.WhichOneof("type") == "delta":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self.buttons[element.button.label] = element.button.id
        return super()._is_end(raw)


def children(process):
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().split()[-49]) == process:
                found.append(int(entry.name))
        except (OSError, ValueError):
            continue
    return found


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL], ids=lambda sent: sent.name)
def test_a_training_ends_with_its_server(start, tmp_path, monkeypatch, sent):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    server = start(TMPDIR=str(temporary))

    async def train():
        async with Clicking(server.url, "why_residual", "why_part=training") as visitor:
            await visitor.rerun()
            click = WidgetState(id=visitor.buttons[label("why_train.four")], trigger_value=True)
            await visitor.rerun([click])
            end = time.monotonic() + 120
            while not list(temporary.rglob("progress.jsonl")) and time.monotonic() < end:
                await asyncio.sleep(0.2)

    asyncio.run(train())
    workers = children(server.process.pid)
    assert workers, "a training runs"
    began = time.monotonic()
    os.kill(server.process.pid, sent)
    server.process.wait(120)
    while any(map(alive, workers)):
        assert time.monotonic() < began + 120
        time.sleep(0.05)
    assert time.monotonic() - began < 5 + server.starting_s
    if sent == signal.SIGTERM:
        assert list(temporary.glob("resnet-explorer-jobs-*")) == []
