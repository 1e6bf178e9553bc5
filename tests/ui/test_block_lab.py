"""Residual block: which controls are idle, what is counted of dialects, what one layer returns."""

from itertools import product

import pytest

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec, unit
from explorer.experiments.identity import one_layer
from explorer.ui.block_lab import composer, dialects
from explorer.views import block_tables
from explorer.words import label

_DECIDING = ("block", "stride", "shortcut", "activation_order", "norm")


def _does(block):
    """What its ops do, whatever they are called."""
    told = [op._replace(path="", inputs=()) for op in block.ops]
    # What the shortcut reads is no op's own matter.
    shortcut = block.block.shortcut
    return told, shortcut and shortcut.source


@pytest.mark.parametrize("field", composer._WITHOUT_EFFECT)
def test_a_control_is_idle_exactly_where_it_changes_nothing(field):
    idle, options = composer._WITHOUT_EFFECT[field], composer._CHOICES
    for chosen in product(*(options[name] for name in _DECIDING)):
        asked = dict(zip(_DECIDING, chosen, strict=True))
        # Twice as many channels out, so that a shortcut has to change them.
        blocks = [
            unit(
                UnitSpec(
                    in_channels=64,
                    out_channels=128,
                    **{name: composer._parsed(name, value) for name, value in asked.items()},
                    **{field: composer._parsed(field, value)},
                )
            )
            for value in options[field]
        ]
        alike = all(_does(one) == _does(blocks[0]) for one in blocks)
        assert idle(asked.__getitem__) == alike, (field, asked)


def test_dialects_are_counted_without_what_they_leave_out():
    """A gate is none of the four's: torch counts a plain basic block, and so does the table."""
    spec = UnitSpec(se_ratio=4)
    rows = block_tables.dialects(spec)
    two_convolutions, two_norms, biases = 2 * 9 * 64 * 64, 2 * 2 * 64, 2 * 64
    for (name, dialect), row in zip(DIALECTS.items(), rows, strict=True):
        by_hand = two_convolutions + two_norms + biases * dialect.conv_bias
        assert dialects._checked(name, spec)[3] == by_hand
        assert row[label("unit_dialect_table.parameters")] == by_hand
        assert row[label("unit_dialect_table.MACs")] == two_convolutions * 56 * 56


def test_a_layer_returns_x_by_dirac_kernels_without_a_shortcut_and_by_zeros_with_one():
    rows = block_tables.one_layer(one_layer())
    told = {
        row[label("unit_layer.weights")]: (
            row[label("unit_layer.plain")],
            row[label("unit_layer.residual")],
        )
        for row in rows
    }
    yes, no = label("unit_layer.exactly"), label("unit_layer.no")
    assert told[label("unit_layer.zero")] == (no, yes)
    assert told[label("unit_layer.dirac")] == (yes, no)
    assert told[label("unit_layer.ones")] == (no, no)
