"""What a composed block's experiments found, as rows of tables and of heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec, unit
from explorer.words import label

if TYPE_CHECKING:
    from explorer.experiments.bench import Array
    from explorer.experiments.block_lab import Passage
    from explorer.experiments.identity import IdentityLayer


_ADDED: Final = {"projection": "tensor.projected", "padding": "tensor.padded"}
"""Kind of shortcut -> label of what it hands to the addition."""


def tensors(passage: Passage) -> list[tuple[str, Array]]:
    """Name and values of every tensor there is, in the order of the forward pass."""
    kind = unit(passage.spec).kind
    source = "a" if passage.spec.activation_order == "pre" else "x"
    skip = ""
    if kind in _ADDED:
        skip = label(_ADDED[kind], source=source)
    rows = [("x", passage.x), ("F(x)", passage.branch)]
    if skip and passage.shortcut is not None:
        rows.append((skip, passage.shortcut))
    if passage.total is not None:
        rows.append((label("tensor.sum", added=skip or "x"), passage.total))
    if passage.out is not None and passage.spec.activation_order == "post":
        rows.append((label("tensor.output"), passage.out))
    return rows


def one_layer(layers: Sequence[IdentityLayer]) -> list[dict[str, Any]]:
    """One row per filling of a single layer's weights: what it makes of x."""
    return [
        {
            label("unit_layer.weights"): label(f"unit_layer.{layer.weights}"),
            label("unit_layer.nonzero"): label(
                "unit_layer.share", some=layer.nonzero, all=layer.all_weights
            ),
            label("unit_layer.mean"): f"{layer.mean_out:.{2 if layer.mean_out > 1 else 3}f}",
            label("unit_layer.plain"): _exactly(layer.plain_returns_x),
            label("unit_layer.residual"): _exactly(layer.residual_returns_x),
        }
        for layer in layers
    ]


def _exactly(same: bool) -> str:
    return label("unit_layer.exactly" if same else "unit_layer.no")


def dialects(spec: UnitSpec) -> list[dict[str, Any]]:
    """What each dialect decides, and what that costs for a block of this shape."""

    def said(name: str) -> str:
        return label(f"unit_dialect_table.{name}")

    rows = []
    for dialect in DIALECTS.values():
        spoken = unit(dialect.unit(spec))
        projected = spoken.kind == "projection"
        norm = "yes" if dialect.norm_on_projection else "no"
        rows.append(
            {
                said("dialect"): label(f"unit_dialect_title.{dialect.name}"),
                said("block"): label(f"unit_block.{spoken.spec.block}"),
                said("order"): label(f"unit_activation_order.{dialect.activation_order}"),
                said("stride"): dialect.stride_on
                if spoken.spec.block == "bottleneck"
                else said("first_3x3"),
                said("norm"): said(norm if projected else "no_projection"),
                said("biases"): said("yes" if dialect.conv_bias else "no"),
                said("parameters"): spoken.block.params,
                said("MACs"): spoken.block.macs,
            }
        )
    return rows
