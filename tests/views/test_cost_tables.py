"""Rows and Markdown tables of the page Parameters."""

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.architecture.catalogue import entries, protocols, results
from explorer.architecture.costs import MEASURES, amount, look, names
from explorer.architecture.protocols import TEN_CROPS
from explorer.architecture.published_costs import PUBLISHED_COSTS
from explorer.views import cost_tables


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet20", "preact_resnet164"])
def test_rows_sum_to_their_part(name: str, measure) -> None:
    bp = blueprint(preset(name), PRESETS[name].image_size)
    whole = amount(bp, measure)
    for part in names(bp):
        found = look(bp, part)
        rows = cost_tables.part_rows(found.rows, measure, whole)
        assert sum(row[measure] for row in rows) == amount(found.part, measure)
        assert sum(row["share"] for row in rows) == pytest.approx(
            100 * amount(found.part, measure) / whole
        )


@pytest.mark.parametrize("measure", MEASURES)
def test_products_are_the_numbers(measure) -> None:
    bp = blueprint(preset("resnext50_32x4d"), 224)
    for row in cost_tables.part_rows(bp.ops, measure, amount(bp, measure)):
        if row[measure]:
            assert row["product"].endswith(f"= {row[measure]:,}")
        else:
            assert row["product"] == "0"


def test_kinds_and_their_total() -> None:
    rows = cost_tables.kind_rows(blueprint(preset("resnet50"), 224), "params")
    assert [row["params"] for row in rows] == [
        20_686_016,
        2_776_576,
        2_049_000,
        45_440,
        25_557_032,
    ]
    assert rows[-1]["kind"] == "total" and rows[-1]["share"] == 100


@pytest.mark.parametrize("protocol", protocols())
def test_figures_are_printed_as_in_their_source(protocol: str) -> None:
    shown = [result for result in results() if result.figure.protocol == protocol]
    table = cost_tables.figures_table(shown).data
    metric = shown[0].figure.metric
    assert {result.figure.metric for result in shown} == {metric}
    assert {(r.figure.source, r.image_size) for r in shown} == {
        (shown[0].figure.source, shown[0].image_size)
    }
    assert list(table["Network"]) == [result.figure.title for result in shown]
    assert list(table[f"Top-1 {metric}, %"]) == [result.figure.top1 for result in shown]
    assert list(table["MACs"]) == [result.macs for result in shown]


def test_figures_are_written_with_separators_and_without_invented_digits() -> None:
    shown = [r for r in results() if r.figure.protocol == TEN_CROPS]
    written = cost_tables.figures_table(shown).to_html()
    assert ">25,557,032<" in written and ">7.40<" in written and ">28.54<" in written
    assert "nan" not in written and "None" not in written


def test_printed_costs_beside_exact_ones() -> None:
    table = cost_tables.printed_table(PUBLISHED_COSTS, entries())
    rows = [tuple(row) for row in table.data.iloc[:, :4].itertuples(index=False)]
    assert ("ResNet-50 v1", "3.8 G MACs", 3_857_973_248, "truncated") in rows
    assert ("ResNet-20", "0.27 M parameters", 269_722, "rounded") in rows
    assert ("ResNet-18", "1.814 G MACs", 1_814_073_344, "rounded") in rows
    assert len(rows) == len(PUBLISHED_COSTS)
    assert ">3,857,973,248<" in table.to_html()
