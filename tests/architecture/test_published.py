"""Published figures against torchvision's own metadata and against our exact counts."""

from dataclasses import replace

import pytest

from explorer.architecture import PRESETS, TORCHVISION, blueprint, preset
from explorer.architecture.protocols import TEN_CROPS, V1_WEIGHTS, V2_WEIGHTS
from explorer.architecture.published import FIGURES, figures_of
from explorer.architecture.published_costs import PUBLISHED_COSTS
from explorer.words import has_label


def metadata(name: str) -> dict[str, tuple[float, float]]:
    """Protocol -> (top-1, top-5), as the installed torchvision has it."""
    from explorer.networks.torchvision_import import torchvision

    found = {}
    for weights in torchvision.models.get_model_weights(name):
        assert weights.transforms().crop_size == [224]
        version = weights.name.rsplit("_", 1)[-1]
        metrics = weights.meta["_metrics"]["ImageNet-1K"]
        found[f"torchvision-{version.lower()}"] = (
            metrics["acc@1"],
            metrics["acc@5"],
        )
    return found


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_figures_equal_its_metadata(name: str) -> None:
    ours = {f.protocol: (f.top1, f.top5) for f in figures_of(name) if f.metric == "accuracy"}
    assert ours == metadata(name)
    assert set(ours) <= {V1_WEIGHTS, V2_WEIGHTS}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f.title}: {f.top1} {f.protocol}")
def test_every_figure_is_complete(figure) -> None:
    assert figure.preset in PRESETS
    assert 0 < figure.top1 < 100
    if figure.top5 is not None:
        assert 0 < figure.top5 < 100
        assert (figure.top5 > figure.top1) == (figure.metric == "accuracy")
    assert has_label(f"protocol.{figure.protocol}") and has_label(f"metric.{figure.metric}")
    assert figure.source.name and figure.source.url.startswith("https://")
    assert not figure.remark or figure.note.endswith(".")
    assert figure.title and blueprint(figure.spec, PRESETS[figure.preset].image_size)
    assert figure.dataset == ("ImageNet" if figure.spec.num_classes == 1000 else "CIFAR-10")


def test_no_figure_is_listed_twice() -> None:
    keys = [(f.title, f.protocol, f.top1) for f in FIGURES]
    assert len(keys) == len(set(keys))


def test_an_error_becomes_an_accuracy() -> None:
    ten_crops = next(f for f in figures_of("resnet50_v1") if f.protocol == TEN_CROPS)
    assert (ten_crops.top1, ten_crops.top1_accuracy) == (22.85, 77.15)
    assert figures_of("resnet50")[0].top1_accuracy == 76.13


def test_figures_of_leaves_out_what_is_not_exactly_the_preset() -> None:
    assert 25.03 not in {f.top1 for f in figures_of("resnet34")}  # option A
    assert 24.52 in {f.top1 for f in figures_of("resnet34")}  # option B
    assert figures_of("d2l_resnet18") == ()


def test_the_paper_s_three_options_have_the_published_projections() -> None:
    """13 more projections in C than in B, none in A (paper, section 4.1)."""
    by_error = {f.top1: f.spec for f in FIGURES if f.protocol == TEN_CROPS}
    projections = [
        sum(op.kind == "conv" and op.on_shortcut for op in blueprint(by_error[error]).ops)
        for error in (25.03, 24.52, 24.19)
    ]
    assert projections == [0, 3, 16]
    assert blueprint(by_error[27.94]).params == blueprint(by_error[27.88]).params


@pytest.mark.parametrize("cost", PUBLISHED_COSTS, ids=lambda c: f"{c.preset}: {c.value:g}")
def test_printed_costs_agree_with_the_blueprint(cost) -> None:
    spec = preset(cost.preset)
    if cost.reading == "without_batch_norm":
        spec = replace(spec, norm="none", norm_on_projection=False)
    exact = getattr(blueprint(spec, PRESETS[cost.preset].image_size), cost.quantity)
    digits = exact / cost.step
    printed = int(digits) if cost.reading == "truncated" else round(digits)
    assert printed == round(cost.value / cost.step)
    if cost.reading == "truncated":
        assert round(digits) != printed, "a plain rounding would do"
    assert (
        has_label(f"reading.{cost.reading}")
        and cost.source.name
        and cost.source.url.startswith("https://")
    )


def test_the_numbers_in_the_remarks_on_costs() -> None:
    notes = {cost.preset: cost.note for cost in PUBLISHED_COSTS if cost.note}
    b34 = blueprint(preset("resnet34")).macs
    a34 = blueprint(replace(preset("resnet34"), shortcut="padding")).macs
    assert a34 == blueprint(preset("plain34")).macs
    assert f"{b34 / 1e9:.3f} G" in notes["resnet34"] and f"{a34 / 1e9:.3f} G" in notes["resnet34"]
    assert f"{blueprint(preset('resnet50_v1')).macs / 1e9:.3f} G" in notes["resnet50_v1"]
    deep = preset("preact_resnet1001")
    for spec in (deep, replace(deep, norm="none")):
        assert f"{blueprint(spec, 32).params:,}" in notes["preact_resnet1001"]
