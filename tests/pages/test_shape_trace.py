"""Shape trace: the player, the tables, the check on a real network, torchinfo."""

import json
import re
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.networks import Trace
from explorer.networks.trace import Mismatch
from explorer.ui import tracing
from explorer.words import glossary, label

NETWORKS = ["resnet18", "resnet50", "resnet20", "plain20", "resnet1202", "preact_resnet164"]


def agreed(app):
    """The line that says so, where a real pass agreed."""
    return [line for line in app.caption if "agrees on all" in line.value]


@pytest.fixture
def traced(monkeypatch):
    """Wait until the worker has finished what the app asked for, and run the app again.

    Asked after, what earlier tests ordered and left would be made, too: a minute's work."""
    own_desk(monkeypatch)

    def settle(app):
        for key in list(tracing.desk()._orders):
            finished(key)
        return app.run()

    return settle


def finished(key):
    """Wait as the page does: it asks again and again."""
    while not tracing.desk().ask(key).future.done():
        time.sleep(0.05)


def drawn(name):
    return blueprint(preset(name), PRESETS[name].image_size)


def heading(app):
    return app.header[0].value


def counter(app):
    return next(c.value for c in app.caption if c.value.startswith("op "))


def own_desk(monkeypatch):
    """A desk for this test alone: the server's remembers what other tests asked for."""
    desk = tracing.Desk(tracing._traced)
    monkeypatch.setattr(tracing, "desk", lambda: desk)


def press(app, said):
    return next(button for button in app.button if button.label == said).click().run()


def text(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_traced_and_agrees(open_app, traced, name):
    app = open_app("shape_trace", net=name)
    assert not app.exception
    traced(app)
    assert not app.exception
    bp = drawn(name)
    [badge] = agreed(app)
    assert f"all {len(bp.ops):,} shapes and {bp.params:,} parameters" in badge.value
    rows = app.dataframe[0].value
    assert len(rows) == len(bp.parts) + 1
    assert rows["params"].iloc[-1] == bp.params == rows["params"].iloc[:-1].sum()
    assert rows["macs"].iloc[-1] == bp.macs
    assert "{" not in text(app)


def test_the_page_does_not_wait_for_the_network(open_app, traced, monkeypatch):
    own_desk(monkeypatch)
    gate, trace_of = threading.Event(), tracing.cache.trace_of

    def waits(*order):
        gate.wait(60)
        return trace_of(*order)

    monkeypatch.setattr(tracing.cache, "trace_of", waits)
    app = open_app("shape_trace", net="resnet20")
    assert any("Building ResNet-20" in line.value for line in app.caption)
    assert not agreed(app)
    assert "Input" in heading(app)
    assert len(app.dataframe) == 1
    assert "op 2 of 71" in counter(press(app, "Next"))
    gate.set()
    traced(app)
    assert not any("Building" in line.value for line in app.caption)
    assert "agrees on all 71 shapes" in agreed(app)[0].value
    assert "Time, measured" in text(app)


def test_a_link_opens_an_op(open_app):
    app = open_app("shape_trace", net="resnet50", trace_op="layer2.0.conv2")
    assert "128 kernels of 3×3×128, stride 2" in heading(app)
    assert counter(app) == "op 40 of 175 · ResNet-50 › conv3_x › conv3_1 › **layer2.0.conv2**"
    assert "floor((56 + 2*1 - 3)/2) + 1 = 28" in text(app)
    assert "3*3*128*128 = 147,456" in text(app)
    assert "3*3*128*128*28*28 = 115,605,504" in text(app)
    assert "35 + (3 - 1)*4 = 43" in text(app)


def test_an_op_leads_to_where_its_numbers_come_from(open_app):
    app = open_app("shape_trace", net="resnet20", trace_op="layer2.1.bn1")
    said = label("origin.from_walk")
    (link,) = (box.proto for box in app.get("page_link") if box.proto.label == said)
    assert link.page == "inference"
    assert dict(parse_qsl(link.query_string)) == {
        "net": "resnet20",
        "infer_view": "origin",
        "origin": "layer2.1.bn1",
    }


def test_a_link_opens_a_block_at_its_first_op(open_app):
    assert "layer2.0.conv1" in counter(open_app("shape_trace", trace_op="layer2.0"))
    assert "**conv1**" in counter(open_app("shape_trace", trace_op="stem"))
    assert "**avgpool**" in counter(open_app("shape_trace", trace_op="head"))


def test_buttons_and_slider_walk(open_app):
    app = open_app("shape_trace", net="resnet18")
    assert "op 1 of 69" in counter(app)
    assert "op 2 of 69" in counter(press(app, "Next"))
    assert app.query_params["trace_op"] in ("bn1", ["bn1"])
    assert "**layer1.0.conv1**" in counter(press(app, "Next block"))
    assert "**layer1.1.conv1**" in counter(press(app, "Next block"))
    assert "**layer1.0.relu2**" in counter(press(app, "Previous"))
    assert "**layer1.1.conv1**" in counter(press(app, "Next block"))
    press(app, "Previous")
    assert "**layer1.0.conv1**" in counter(press(app, "Previous block"))
    assert "**conv1**" in counter(press(app, "Previous block")), "from a block's first op"
    press(app, "Next block")
    assert "**fc**" in counter(press(app, "Last"))
    assert "**fc**" in counter(press(app, "Next"))
    assert "**fc**" in counter(press(app, "Next block"))
    assert "**avgpool**" in counter(press(app, "Previous block"))
    assert "op 1 of 69" in counter(press(app, "First"))
    assert "op 1 of 69" in counter(press(app, "Previous"))
    app.slider[0].set_value(5).run()
    assert "op 5 of 69" in counter(app)
    assert app.query_params["trace_op"] in ("layer1.0.conv1", ["layer1.0.conv1"])


def test_an_unknown_op_in_the_link_is_one_sentence_and_the_first_op(open_app):
    app = open_app("shape_trace", net="resnet18", trace_op="layer9.0.conv1`![x](y)")
    assert not app.exception
    [warning] = app.warning
    assert "ResNet-18 has no op called" in warning.value
    assert "op 1 of 69" in counter(app)
    press(app, "Next")
    assert not app.warning


def test_an_op_that_the_next_network_lacks(open_app):
    app = open_app("shape_trace", net="resnet50", trace_op="layer1.0.conv3")
    network = next(box for box in app.selectbox if box.key == "net")
    network.set_value("resnet18").run()
    assert not app.exception
    assert "ResNet-18 has no op called" in app.warning[0].value


def test_a_customised_network_and_an_odd_size(open_app):
    spec = replace(preset("resnet50"), depths=(1, 1, 1, 1), groups=2, num_classes=7)
    finished((spec, 33, "auto"))
    query = {"net": "resnet50", "depths": "1,1,1,1", "groups": "2", "num_classes": "7"}
    app = open_app("shape_trace", image_size="33", **query)
    assert not app.exception
    assert "ResNet-50, customised" in app.title[0].value.replace("**", "")
    [badge] = agreed(app)
    assert f"all {len(blueprint(spec, 33).ops):,} shapes" in badge.value


def test_a_block_opens_to_its_ops(open_app):
    app = open_app("shape_trace", net="resnet50", trace_block="layer2.0")
    bp = drawn("resnet50")
    rows = app.dataframe[0].value
    inside = rows[rows["path"].str.startswith("layer2.0.", na=False)]
    assert len(inside) == len(bp.block("layer2.0").ops)
    assert inside["params"].sum() == bp.block("layer2.0").params
    assert set(inside["action"]) == {label("trace_row.walk")}
    columns = json.loads(app.dataframe[0].proto.columns)
    assert columns["receptive_field"]["help"] == glossary("receptive field")
    assert rows["params"].iloc[-1] == bp.params
    closed = open_app("shape_trace", net="resnet50", trace_block="layer9.9")
    assert not closed.exception
    assert len(closed.dataframe[0].value) == len(bp.parts) + 1


def test_every_op_is_a_row_with_its_sentence(open_app):
    app = open_app("shape_trace", net="resnet18", trace_view="ops")
    rows = app.dataframe[0].value
    assert len(rows) == 70
    assert rows["in_words"].iloc[0].startswith("Input 224×224×3, 64 kernels of 7×7×3")
    assert rows["macs"].iloc[-1] == drawn("resnet18").macs


def test_time_is_a_chart_of_the_measured_trace(open_app, traced):
    app = open_app("shape_trace", net="resnet20", trace_view="time")
    traced(app)
    assert not app.exception
    charts = app.get("plotly_chart")
    assert len(charts) == 2
    bars = json.loads(charts[0].proto.spec)["data"][0]
    assert len(bars["x"]) == len(drawn("resnet20").parts)


def test_torchinfo_runs_only_when_its_tab_is_open(open_app, monkeypatch):
    from explorer.networks import torchinfo_summary

    calls = []
    summary = torchinfo_summary.summary
    monkeypatch.setattr(torchinfo_summary, "summary", lambda bp: calls.append(bp) or summary(bp))
    open_app("shape_trace", net="resnet32")
    assert not calls
    app = open_app("shape_trace", net="resnet32", trace_view="torchinfo")
    assert not app.exception
    assert len(calls) == 1
    assert "both count **464,154** parameters" in text(app)
    said = next(box.value for box in app.markdown if "multiply-adds are" in box.value)
    told = re.search(r"are \*\*(\S+)\*\*, (\S+) more than our (\S+) MACs", said).groups()
    theirs, extra, ours = (int(number.replace(",", "")) for number in told)
    assert (theirs - extra, ours) == (ours, drawn("resnet32").macs)
    assert "Conv2d (conv1)" in app.code[0].value


def test_csv_of_both_levels(open_app, monkeypatch):
    saved = {}
    monkeypatch.setattr("explorer.ui.saving.save", saved.update)
    for view, rows in (("blocks", 10 + 1), ("ops", 69 + 1)):
        app = open_app("shape_trace", net="resnet18", trace_view=view)
        assert len(app.dataframe[0].value) == rows
        ((name, content),) = saved.items()
        assert name == f"resnet18_{view}.csv"
        assert len(content.splitlines()) == 1 + rows
        saved.clear()


def test_a_device_that_is_missing_is_one_sentence(open_app, traced):
    if tracing.cache.devices()[0].id != "cpu":
        pytest.skip("this machine has an accelerator")
    app = traced(open_app("shape_trace", net="resnet20", device="cuda"))
    assert not app.exception
    [error] = app.error
    assert "'cuda' is not on this machine" in error.value
    assert not agreed(app)


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "does not fit into"),
        (MemoryError(), "does not fit into"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "does not fit"),
        (RuntimeError("bad kernel\nTraceback, line 2"), "real network: bad kernel. Choose"),
    ],
)
def test_a_failed_pass_is_one_sentence_and_can_be_tried_again(
    open_app, traced, monkeypatch, problem, sentence
):
    trace_of = tracing.cache.trace_of

    def fails(*_):
        raise problem

    own_desk(monkeypatch)
    monkeypatch.setattr(tracing.cache, "trace_of", fails)
    app = traced(open_app("shape_trace", net="resnet20"))
    assert not app.exception
    assert sentence in app.error[0].value
    assert "line 2" not in app.error[0].value
    assert "Input" in heading(app)
    monkeypatch.setattr(tracing.cache, "trace_of", trace_of)
    traced(press(app, "Try again"))
    assert "agrees on all" in agreed(app)[0].value


def test_a_disagreement_is_shown(open_app, traced, monkeypatch):
    bp = drawn("resnet20")
    values = {"path": "conv1", "found": (1, 1, 1), "foretold": (16, 32, 32)}
    wrong = Trace(bp, (), (Mismatch("shape", tuple(values.items())),), "cpu")
    own_desk(monkeypatch)
    monkeypatch.setattr(tracing.cache, "trace_of", lambda *_: wrong)
    app = traced(open_app("shape_trace", net="resnet20"))
    assert not app.exception
    assert not agreed(app)
    assert "conv1 wrote (1, 1, 1)" in app.error[0].value


ABSURD = {
    "net": "custom",
    "block": "basic",
    "depths": "1",
    "widths": "4080",
    "stem": "cifar",
    "num_classes": "10",
    "batch_norm": "no",
    "shortcut": "none",
    "image_size": "140",
}


@pytest.mark.parametrize("view", ["blocks", "time"])
def test_what_would_take_minutes_is_refused_before_it_is_ordered(open_app, monkeypatch, view):
    own_desk(monkeypatch)
    app = open_app("shape_trace", trace_view=view, **ABSURD)
    assert not app.exception
    [warning] = app.warning
    assert "Counted, not checked on a real network" in warning.value
    assert "billion multiply-accumulates" in warning.value
    assert not tracing.desk()._orders
    assert "4,080 kernels of 3×3×3" in heading(app), "counting needs no limit"
    assert any("not run" in box.value for box in app.info) == (view == "time")


def test_an_ops_time_is_its_share_of_the_whole_pass(open_app, traced):
    app = open_app("shape_trace", net="resnet20", trace_op="layer2.0.conv1")
    traced(app)
    (said,) = (box.value for box in app.markdown if "Time, measured" in box.value)
    trace = tracing.desk().ask((preset("resnet20"), 32, "auto")).future.result()
    index = next(place for place, op in enumerate(trace.ops) if op.path == "layer2.0.conv1")
    share = 100 * trace.ops[index].seconds / trace.seconds
    assert float(re.search(r"([0-9.]+)%", said)[1]) == pytest.approx(share, abs=0.0051)
