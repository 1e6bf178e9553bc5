"""What charts and tables say: axes and their units, order, names, words for the pointer.

The golden files hold it as a reader sees it. Where something changes on purpose, write them anew
and read the difference: python -m tests.views.test_what_views_say
"""

import itertools
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from explorer.architecture import blueprint, preset
from explorer.architecture.catalogue import entries, protocols, results
from explorer.architecture.published import figures_of
from explorer.architecture.published_costs import PUBLISHED_COSTS
from explorer.experiments.batch_norm.steps import steps
from explorer.views import (
    cost_tables,
    handout,
    inference_charts,
    inference_pictures,
    network_charts,
    overview,
    shortcut_table,
    tables,
    trace_table,
)
from explorer.views.batch_norm import charts as norm_charts
from explorer.views.batch_norm import layer_tables
from explorer.views.batch_norm.steps import table as steps_table
from explorer.views.chart_style import FONT, MARGIN
from explorer.views.training_chart import Run, training
from tests.views.charts import CHARTS, POINTS, SMALL
from tests.views.said import said, strings

GOLDEN = Path(__file__).with_name("golden")
HOSTILE = '<b>bold</b><a href="https://evil.example">click</a><img src=x onerror=y>'


def charts() -> str:
    parts = ["# What the charts say"]
    for name, draw in CHARTS.items():
        parts += [f"\n## {name}\n", said(draw())]
    return "\n".join(parts) + "\n"


def grid(rows: list[dict[str, object]]) -> str:
    """Rows as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row[column]) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    """A number with as many digits as every machine computes alike."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def all_tables() -> str:
    big = blueprint(preset("resnet50"), 224)
    shown = [result for result in results() if result.figure.protocol == protocols()[0]]
    blocks = trace_table.block_rows(SMALL)
    frames = {
        "published figures": cost_tables.figures_table(shown).data,
        "printed costs": cost_tables.printed_table(PUBLISHED_COSTS[:3], entries()).data,
        "axes of norms": layer_tables.axes((8, 64, 56, 56)).data,
        "four steps": steps_table(steps((1, 3)), None).data.reset_index(),
    }
    texts = {
        "blocks": grid(tables.worded([*blocks, trace_table.total_row(blocks)], "trace_table")),
        "ops of a block": grid(
            tables.worded(trace_table.opened_rows(big, big.block("layer2.0")), "trace_table")
        ),
        "every op of a block": grid(tables.worded(trace_table.op_rows(SMALL)[9:15], "trace_table")),
        "dashed blocks": grid(tables.worded(shortcut_table.dashed_rows(big), "dashed_table")),
        "a block's costs": grid(
            tables.worded(
                cost_tables.part_rows(big.block("layer1.0").ops, "params", big.params),
                "cost_table",
            )
        ),
        "kinds of ops": grid(tables.worded(cost_tables.kind_rows(big, "macs"), "cost_table")),
        "tiles": grid([tile._asdict() for tile in overview.tiles(big, figures_of("resnet50"))]),
        "published": overview.published_list(figures_of("resnet50")),
        "handout": grid(
            [dict(zip(handout.COLUMNS, row, strict=True)) for row in handout.rows(big)]
        ),
    }
    texts |= {name: grid(frame.to_dict("records")) for name, frame in frames.items()}
    parts = ["# What the tables say"]
    for name, text in texts.items():
        parts += [f"\n## {name}\n", text]
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize(("name", "made"), [("charts", charts), ("tables", all_tables)])
def test_they_say_what_they_said(name, made):
    assert made() == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")


class TestCharts:
    @pytest.mark.parametrize("name", CHARTS)
    def test_axes_are_named_and_text_is_legible(self, name):
        figure = CHARTS[name]()
        layout = figure.layout
        assert layout.font.size == layout.hoverlabel.font.size == FONT["size"] >= 14
        assert layout.margin.t == MARGIN["t"] == 30
        # A heat map's axes carry names, and so do bars of networks and the four columns of steps.
        named = [axis.title.text for axis in (*figure.select_xaxes(), *figure.select_yaxes())]
        if name not in ("treemap", "tensors", "reads"):
            assert any(named)
        for trace in figure.data:
            if trace.type == "bar" and trace.orientation != "h" and "study" not in name:
                assert figure.layout.yaxis.title.text

    @pytest.mark.parametrize(
        ("name", "x", "y"),
        [
            ("training loss", None, "log"),
            ("training accuracy", None, "linear"),
            ("gradients by depth", None, "log"),
            ("likeness", "log", "log"),
            ("cost map", "log", "log"),
            ("accuracies", "log", None),
            ("study: depth", "log", None),
        ],
    )
    def test_what_grows_by_factors_is_logarithmic(self, name, x, y):
        layout = CHARTS[name]().layout
        assert (layout.xaxis.type, layout.yaxis.type) == (x, y)

    @pytest.mark.parametrize("name", ["top bars", "study: shortcuts"])
    def test_the_first_row_is_on_top(self, name):
        figure = CHARTS[name]()
        assert figure.data[0].orientation == "h"
        assert figure.layout.yaxis.autorange == "reversed"

    def test_the_likeliest_is_first_and_the_slowest_too(self):
        bars = CHARTS["top bars"]().data[0]
        assert list(bars.x) == sorted(bars.x, reverse=True)
        assert bars.marker.color[0] != bars.marker.color[1]
        slow = CHARTS["time per kind"]().data[0]
        assert list(slow.x) == sorted(slow.x, reverse=True) and slow.y[0] == "conv"

    def test_shares_are_per_cent_and_times_are_milliseconds(self):
        assert list(CHARTS["top bars"]().data[0].x) == [75, 12.5]
        assert list(CHARTS["deletions"]().data[0].y) == [50, None]
        assert list(CHARTS["training curves"]().data[0].y) == [50, 62.5]
        assert list(CHARTS["training accuracy"]().data[0].y) == [0.125, 0.5]
        assert CHARTS["time per block"]().data[0].y[0] == pytest.approx(1)
        assert sum(CHARTS["path lengths"]().data[0].y) == pytest.approx(100)

    def test_labels_of_depths_do_not_touch(self):
        axis = CHARTS["study: depth"]().layout.xaxis
        assert list(axis.tickvals) == [20, 32, 44, 56, 110, 164, 1001, 1202]
        assert [text.removeprefix("<br>") for text in axis.ticktext] == list(
            map(str, axis.tickvals)
        )
        for lower in (False, True):
            pairs = zip(axis.tickvals, axis.ticktext, strict=True)
            row = [depth for depth, text in pairs if text.startswith("<br>") == lower]
            assert all(b / a > 1.3 for a, b in itertools.pairwise(row)), row


def hostile_figures():
    entry = network_charts.Chosen(HOSTILE, 10**6, 10**7, 32)
    other = {f"{HOSTILE} {index}": Run(POINTS, True, 20) for index in range(2)}
    yield "runs", training(other, "loss")
    yield "runs' accuracy", training(other, "accuracy")
    yield "network", network_charts.cost_map(entries()[:3], entry)
    yield "classes", inference_charts.top_bars([HOSTILE], [0.5])
    yield "answers", inference_charts.deletion_bars(["a"], ["layer1.0"], [0.5], [HOSTILE], 0.5)
    yield "batches", norm_charts.agreement({HOSTILE: ([1.0], [1.0])})


@pytest.mark.parametrize(
    ("name", "figure"), [pytest.param(*pair, id=pair[0]) for pair in hostile_figures()]
)
def test_no_tag_of_a_visitor_reaches_a_chart(name, figure):
    """Plotly draws tags in names, ticks, hovers and notes; a link there leads visitors away."""
    texts = strings(figure)
    assert any("&lt;b&gt;bold" in text for text in texts)
    for text in texts:
        assert "<a" not in text and "<img" not in text and "<b>bold" not in text


def hostile_drawings():
    tile = inference_pictures.data_url(Image.new("RGB", (4, 4)))
    values = np.zeros((2, 2), dtype=np.float32)
    yield inference_pictures.gallery([(HOSTILE, HOSTILE, tile)])
    yield inference_pictures.beside([(tile, HOSTILE, 1.0)])
    yield inference_pictures.film_strip([("layer1.0", HOSTILE, values)])
    yield inference_pictures.channel_grid(values.reshape(1, 1, 2, 2), [HOSTILE])
    yield inference_pictures.scale_bar(HOSTILE, HOSTILE)


@pytest.mark.parametrize("svg", list(hostile_drawings()))
def test_no_tag_of_a_visitor_reaches_a_drawing(svg):
    tags = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "title", "text", "image", "rect"}
    assert "evil.example" in "".join(ElementTree.fromstring(svg).itertext())


def test_no_tag_of_a_visitor_reaches_the_handout():
    page = handout.handout(SMALL, HOSTILE, (), HOSTILE)
    assert "<a " not in page and "<img" not in page and page.count("&lt;b&gt;bold") >= 3


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "charts.md").write_text(charts(), encoding="utf-8")
    (GOLDEN / "tables.md").write_text(all_tables(), encoding="utf-8")
