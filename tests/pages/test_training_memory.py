"""Training memory on Parameters, in AppTest: every setting, the proof, odd links."""

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.training_memory import Setting, largest_batches, saved


def words(app) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def opened(open_app, net: str = "resnet20", **query: str):
    app = open_app("parameters", net=net, params_view="training", **query)
    assert [element.value for element in app.exception] == []
    return app


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"memory_batch": "256", "memory_optimiser": "adam"},
        {"memory_precision": "mixed", "memory_checkpointing": "blocks"},
        {"memory_batch": "1e400", "memory_optimiser": "x", "memory_precision": ""},
    ],
)
@pytest.mark.parametrize("net", ["resnet50", "resnet20", "preact_resnet110"])
def test_every_setting(open_app, net, query):
    app = opened(open_app, net, **query)
    assert "waits for the backward pass" in words(app)
    (cards,) = (frame.value for frame in app.dataframe if "batch" in frame.value.columns)
    bp = blueprint(PRESETS[net].spec, PRESETS[net].image_size)
    setting = Setting(
        256 if query.get("memory_batch") == "256" else 32,
        "adam" if query.get("memory_optimiser") == "adam" else "momentum",
        "mixed" if query.get("memory_precision") == "mixed" else "float32",
        query.get("memory_checkpointing", "none"),
        "cuda",
    )
    rows = dict(zip(cards["card"], cards["batch"], strict=True))
    fits = largest_batches(bp, setting, [card * 2**30 for card in rows])
    assert tuple(rows.values()) == fits
    assert list(rows) == [8, 12, 16, 24, 40, 80]


def test_a_real_step_agrees_to_the_byte(open_app):
    app = opened(open_app, memory_batch="2")
    app.button(key="memory_step").click().run()
    assert [element.value for element in app.exception] == []
    expected = saved(blueprint(PRESETS["resnet20"].spec, 32), Setting(2))
    assert f"**{expected:,} bytes**" in words(app) and "equal to the byte" in words(app)


def test_too_much_is_refused(open_app, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_MAX_GMACS", "1")
    app = opened(open_app, "resnet50")
    app.button(key="memory_step").click().run()
    assert [element.value for element in app.exception] == []
    assert "equal to the byte" not in words(app) and len(app.warning) == 1
