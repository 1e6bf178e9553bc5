"""Whatever a link says to the controls of Shape trace, Shortcuts and Parameters: their defaults."""

import pytest

SECTIONS = {
    "shape_trace blocks": ("trace_view", "trace_op", "trace_block", "trace_way"),
    "shape_trace ops": ("trace_op", "trace_block", "trace_way"),
    "shortcuts": ("shortcuts_layout", "shortcuts_unfold", "shortcuts_block", "shortcuts_op"),
    "parameters bottleneck": (
        "params_view",
        "params_channels",
        "params_reduction",
        "params_size",
        "params_bn",
        "params_bias",
    ),
    "parameters network": ("params_of", "params_part"),
    "parameters presets": ("params_protocol", "params_against"),
}
VIEW = {"shape_trace": "trace_view", "parameters": "params_view"}
NONSENSE = ["", " ", "None", "1e400", "nan", "-1", "nowhere", "a\x00`![x](y)", "9" * 5_000]


def told(open_app, section, query):
    page, _, view = section.partition(" ")
    if view:
        query = {VIEW[page]: view, **query}
    app = open_app(page, net="resnet20", **query)
    assert not app.exception, [box.message for box in app.exception]
    written = (*app.title, *app.header, *app.markdown)
    texts = [box.value for box in written if "Time, measured" not in box.value]
    return texts, [list(frame.value.columns) for frame in app.dataframe]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value)[:12])
def test_nonsense_gives_the_default(open_app, section, value):
    nonsense = dict.fromkeys(SECTIONS[section], value)
    assert told(open_app, section, nonsense) == _usual(open_app, section)


_KNOWN: dict = {}


def _usual(open_app, section):
    if section not in _KNOWN:
        _KNOWN[section] = told(open_app, section, {})
    return _KNOWN[section]


def test_every_control_of_these_pages_is_tried(open_app):
    for section, keys in SECTIONS.items():
        page, _, view = section.partition(" ")
        app = open_app(page, net="resnet20", **({VIEW[page]: view} if view else {}))
        kinds = ("selectbox", "multiselect", "button_group", "select_slider", "toggle")
        kinds += ("checkbox", "number_input", "text_input", "slider", "radio")
        found = {
            widget.key
            for kind in kinds
            for widget in app.main.get(kind)
            if getattr(widget, "key", None)
            and widget.key.startswith(("trace_", "shortcuts_", "params_"))
        }
        assert found - {"trace_step"} <= {*keys, *VIEW.values()}, section
