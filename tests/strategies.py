"""Specs for hypothesis: small networks that use every field."""

from hypothesis import strategies as st

from explorer.architecture import NetworkSpec, smallest_image_size
from explorer.architecture.choices import STEMS
from explorer.architecture.unit import UnitSpec


@st.composite
def specs(draw: st.DrawFn, *, stages: int = 4, depth: int = 3, width: int = 12) -> NetworkSpec:
    """Any valid spec of at most `stages` stages of `depth` blocks of `width` channels."""
    block = draw(st.sampled_from(("basic", "bottleneck")))
    depths = draw(st.lists(st.integers(1, depth), min_size=1, max_size=stages))
    widths = draw(st.lists(st.integers(4, width), min_size=len(depths), max_size=len(depths)))
    shortcut = draw(st.sampled_from(("projection", "padding", "projection-always", "none")))
    if shortcut == "padding":
        widths.sort()
    bottleneck = block == "bottleneck"
    stem = draw(st.sampled_from(tuple(STEMS)))
    shape = STEMS[stem]
    own_stride = shape.stride * (2 if shape.pools else 1)
    return NetworkSpec(
        block=block,
        depths=tuple(depths),
        widths=tuple(widths),
        stem=stem,
        activation_order=draw(st.sampled_from(("post", "pre"))),
        stride_on=draw(st.sampled_from(("3x3", "1x1"))),
        shortcut=shortcut,
        norm_on_projection=draw(st.booleans()),
        norm=draw(st.sampled_from(("batch", "batch", "group", "none"))),
        conv_bias=draw(st.booleans()),
        groups=draw(st.integers(1, 4)) if bottleneck else 1,
        width_per_group=draw(st.integers(16, 128)) if bottleneck else 64,
        in_channels=draw(st.integers(1, 4)),
        num_classes=draw(st.integers(1, 12)),
        stem_width=draw(st.none() | st.integers(1, widths[0] if shortcut == "padding" else width)),
        stem_bias=draw(st.booleans()),
        zero_padding=draw(st.sampled_from(("after", "both"))),
        avg_down=draw(st.booleans()),
        output_stride=draw(st.none() | st.sampled_from((own_stride, 2 * own_stride))),
        expansion=draw(st.none() | st.integers(1, 3)),
        se_ratio=draw(st.sampled_from((0, 0, 1, 2, 16))),
        norm_eps=draw(st.sampled_from((1e-5, 2e-5, 1e-3))),
        final_norm=draw(st.booleans()),
        share_first=draw(st.booleans()),
        share_projection=draw(st.booleans()),
        stem_norm=draw(st.sampled_from(("where_pooled", "always", "never"))),
    )


@st.composite
def specs_and_sizes(
    draw: st.DrawFn, *, largest: int = 72, **limits: int
) -> tuple[NetworkSpec, int]:
    """A spec, and an image size from its smallest one up to `largest` pixels, odd ones too."""
    spec = draw(specs(**limits))
    least = smallest_image_size(spec)
    return spec, draw(st.integers(least, max(largest, least)))


@st.composite
def unit_specs(draw: st.DrawFn, *, channels: int = 12, size: int = 9) -> UnitSpec:
    """Any single block, one channel and one pixel among them: there additions broadcast."""
    block = draw(st.sampled_from(("basic", "bottleneck")))
    chosen = draw(st.none() | st.integers(1, min(6, channels)))
    expansion = chosen or (4 if block == "bottleneck" else 1)
    sides = st.integers(1, size)
    norm = draw(st.sampled_from(("batch", "batch", "group", "none")))
    return UnitSpec(
        # A group of one value cannot be normalised: three pixels leave more than one.
        size=draw(sides.filter(lambda side: norm != "group" or side > 2)),
        in_channels=draw(st.integers(1, channels)),
        out_channels=draw(st.integers(1, channels // expansion)) * expansion,
        middle_channels=draw(st.none() | st.integers(1, channels)),
        stride=draw(st.sampled_from((1, 2))),
        block=block,
        activation_order=draw(st.sampled_from(("post", "pre"))),
        stride_on=draw(st.sampled_from(("3x3", "1x1"))),
        shortcut=draw(st.sampled_from(("identity", "padding", "projection", "none"))),
        norm_on_projection=draw(st.booleans()),
        conv_bias=draw(st.booleans()),
        zero_padding=draw(st.sampled_from(("after", "both"))),
        avg_down=draw(st.booleans()),
        norm=norm,
        dilation=draw(st.sampled_from((1, 1, 2, 5))),
        expansion=chosen,
        se_ratio=draw(st.sampled_from((0, 0, 1, 4, 64))),
        share_projection=draw(st.booleans()),
    )
