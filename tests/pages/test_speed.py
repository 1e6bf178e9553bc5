"""Inference, *Speed*: engines compared when it is asked for."""

from types import SimpleNamespace

import pytest

from explorer.experiments.race import Timed
from explorer.experiments.speed import Agreement, Speed
from explorer.networks import engines
from explorer.networks.engines import EngineError
from explorer.ui import budget, settings
from explorer.ui.inference import speed, standing_in
from explorer.views import speed_views
from explorer.words import label, section


def button(app, key):
    return next((one for one in app.button if one.key == key), None)


def clean(app) -> None:
    assert not app.exception, app.exception[0].value
    assert not app.error


def test_nothing_is_measured_until_it_is_asked_for(open_app) -> None:
    app = open_app("inference", net="resnet20", infer_view="speed")
    clean(app)
    assert button(app, "infer_speed_measure").label == label("infer_speed.measure")
    assert not app.dataframe


def test_engines_are_compared(open_app) -> None:
    app = open_app("inference", net="resnet20", infer_view="speed")
    app = button(app, "infer_speed_measure").click().run(timeout=300)
    clean(app)
    (table,) = app.dataframe
    here = [name for name in engines.ENGINES if engines.is_here(name)]
    first = table.value[table.value["images"] == 1]
    assert list(first["engine"]) == [label(f"engine.{name}") for name in here]
    assert (first["median"] > 0).all()
    exact = first[first["engine"] != label("engine.bfloat16")]
    assert set(exact["same"]) == {label("speed_table.yes")}
    assert (exact["apart"] < 1e-3).all()
    assert button(app, "infer_speed_measure").label == label("infer_speed.again")
    assert button(app, "infer_speed_stop") is None
    # Another picture has not been measured.
    app.query_params["infer_sample"] = "moose"
    app.run(timeout=120)
    clean(app)
    assert not app.dataframe


def test_what_is_missing_is_named_with_its_command(open_app, monkeypatch) -> None:
    monkeypatch.setattr("explorer.networks.engines.find_spec", lambda name: None)
    app = open_app("inference", net="resnet20", infer_view="speed")
    clean(app)
    said = [one.value for one in app.caption if "requirements-engines.txt" in one.value]
    assert len(said) == 1
    assert "ONNX Runtime" in said[0]
    assert "OpenVINO" in said[0]


def said_of_answers(app):
    return [one.value for one in app.caption if "torch" in one.value or "answer" in one.value]


def test_who_answers_is_said(open_app, monkeypatch) -> None:
    """What torch answers, what is to come, and what was found out."""
    monkeypatch.setattr(engines, "is_here", lambda name: name != "openvino")
    # Whatever other tests have had answered, and have had looked for.
    monkeypatch.setattr(standing_in, "answered_by_torch", lambda *_: None)
    for thread in standing_in._looking:
        thread.join()
    standing_in._standings.clear()
    budget.store().drop()
    app = open_app("inference", net="resnet20", infer_view="speed")
    clean(app)
    torchs = label("engine.fused" if engines.can_fuse() else "engine.folded")
    said = said_of_answers(app)
    assert section("engines", "answered by", engine=torchs) in said
    assert section("engines", "not tried yet", engines="ONNX Runtime") in said
    crash = EngineError("engines", "crashed", engine="OpenVINO", code=-11)
    found = standing_in.Standing(None, {"openvino": crash}, ("onnxruntime",))
    monkeypatch.setattr(standing_in, "standing_of", lambda scene: found)
    said = said_of_answers(app.run(timeout=120))
    assert str(crash) in [one.value for one in app.caption]
    assert section("engines", "slower", engine="ONNX Runtime") in said
    found = standing_in.Standing("onnxruntime", {}, apart=3e-7)
    said = said_of_answers(app.run(timeout=120))
    assert section("engines", "answers here", engine="ONNX Runtime", apart="3 × 10⁻⁷") in said
    clean(app)


@pytest.mark.parametrize(
    ("gmacs", "batches"), [(1000, [1, 2, 4, 8, 16, 32]), (12, [1, 2, 4, 8, 16]), (5, [])]
)
def test_what_is_too_much_is_left_out_and_said(open_app, monkeypatch, gmacs, batches) -> None:
    """Two engines, two rounds and one before: 6 passes of 41 million multiply-adds for each image,
    and 6 products of matrices of 1.07 billion."""
    measured = []

    def measure(network, x, names, images, rounds, told):
        measured.append(images)
        times = dict.fromkeys(names, Timed((1.0,) * rounds))
        good = dict.fromkeys(names, Agreement(0.0, 1.0, True))
        return Speed(images, times, good, {}, {"float32": 1e9, "bfloat16": 1e9})

    monkeypatch.setattr("explorer.experiments.speed.measure", measure)
    monkeypatch.setattr(settings, "most_macs", lambda: gmacs * 10**9)
    monkeypatch.setattr(engines, "is_here", lambda name: name in ("eager", "folded"))
    speed._measured.clear()
    app = open_app("inference", net="resnet20", infer_view="speed")
    if batches:
        app = button(app, "infer_speed_measure").click().run()
        said = [one.value for one in app.caption if "Not measured here" in one.value]
        assert bool(said) == (len(batches) < 6)
    else:
        assert button(app, "infer_speed_measure") is None
        assert any("at most 5 billion" in one.value for one in app.warning)
    speed._measured.clear()
    clean(app)
    assert measured == batches


def by_hand():
    """Op by op 4 ms, folded 2 ms, for 10^7 multiply-adds at 10^10 and 2 * 10^10 a second."""
    times = {"eager": Timed((0.003, 0.004, 0.006)), "folded": Timed((0.001, 0.002, 0.005))}
    good = dict.fromkeys(times, Agreement(0.0, 1.0, True))
    return Speed(1, times, good, {}, {"float32": 1e10, "bfloat16": 2e10})


def test_what_was_found_is_told_in_times_and_operations(monkeypatch) -> None:
    told = []
    monkeypatch.setattr(speed.st, "markdown", lambda text, **_: told.append(text))
    monkeypatch.setattr(speed, "show", lambda *_, **__: None)
    monkeypatch.setattr(speed, "save", lambda files: None)
    network = SimpleNamespace(macs=10**7, in_shape=(3, 32, 32))
    speed._show(SimpleNamespace(blueprint=network, title="A"), [by_hand()], [])
    found = told[0]
    assert f"**{label('engine.folded')}** is the quickest" in found
    assert "**2.00** times as quick" in found and "**50%** of this processor's" in found
    assert "runs at 20 GFLOP/s in float32 and at 40 in bfloat16" in found


def test_the_quickest_is_on_top_and_whiskers_reach_to_the_quarters() -> None:
    figure = speed_views.milliseconds(by_hand())
    (bars,) = figure.data
    assert list(bars.x) == [2, 4] and figure.layout.yaxis.autorange == "reversed"
    # Inclusive quarters of (1, 2, 5) are 1.5 and 3.5, of (3, 4, 6) 3.5 and 5.
    assert list(bars.error_x.array) == pytest.approx([1.5, 1.0])
    assert list(bars.error_x.arrayminus) == pytest.approx([0.5, 0.5])
