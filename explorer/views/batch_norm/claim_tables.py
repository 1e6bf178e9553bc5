"""What was tried out about batch norm, as rows of Markdown tables whose heads are in the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from explorer.views.numbers import plain
from explorer.views.tables import markdown_row
from explorer.words import label

if TYPE_CHECKING:
    from explorer.experiments.batch_norm.claims import Undoing
    from explorer.experiments.batch_norm.in_torch import Attempt


def undoing(tried: Iterable[Undoing]) -> str:
    """gamma, beta, largest error."""
    return _rows(
        (label(f"bn_undoing.{one.gamma}"), label(f"bn_undoing.{one.beta}"), plain(one.error))
        for one in tried
    )


def two_values(given: Iterable[Sequence[float]], made: Iterable[Sequence[float]]) -> str:
    """Two values that went in, and what came out."""
    return _rows(
        tuple(label("list.comma").join(map(plain, values)) for values in pair)
        for pair in zip(given, made, strict=True)
    )


def one_image(attempts: Iterable[Attempt]) -> str:
    """N x C x H x W of one image, and what PyTorch says."""
    return _rows(
        ("×".join(map(str, attempt.shape)), attempt.refusal or label("bn_claims.computes"))
        for attempt in attempts
    )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(map(markdown_row, rows))
