"""Every chart there is, drawn from small fixed numbers."""

from collections.abc import Callable

import numpy as np
from plotly.graph_objects import Figure

from explorer.architecture import blueprint, preset
from explorer.architecture.catalogue import entries, protocols, results
from explorer.architecture.costs import WHOLE
from explorer.architecture.paths import Paths
from explorer.architecture.studies import STUDIES
from explorer.experiments.batch_norm.claims import Histogram, Running, SigmoidInputs
from explorer.experiments.batch_norm.steps import steps
from explorer.views import (
    cost_charts,
    depth_charts,
    heat_maps,
    inference_charts,
    network_charts,
    path_charts,
    stack_charts,
    study_charts,
    surface_charts,
    trace_charts,
)
from explorer.views.batch_norm import charts as norm_charts
from explorer.views.batch_norm.steps import journey
from explorer.views.surface_charts import Line, Square
from explorer.views.training_chart import Run, training

SMALL = blueprint(preset("resnet20"), 32)
LINE = np.array([0.25, 0.5, 0.75])
POINTS = [
    {"step": 10, "loss": 2.5, "accuracy": 0.125},
    {"step": 20, "loss": 0.25, "accuracy": 0.5},
]
CURVES = {"epoch": [1, 2], "training_accuracy": [0.5, 0.625], "held_out_accuracy": [0.375, 0.75]}
PATHS = ("layer1.0", "layer2.0")


def _histogram(name: str) -> Histogram:
    return Histogram(name, np.array([0.0, 0.5, 1.0]), np.array([3, 5]), 0.5, 2.0)


def _networks() -> Figure:
    chosen = network_charts.Chosen("ResNet-20, changed", 300_000, 50_000_000, 32)
    small = [entry for entry in entries() if entry.preset.image_size == 32]
    return network_charts.cost_map(small, chosen)


def _accuracies() -> Figure:
    shown = [result for result in results() if result.figure.protocol == protocols()[0]]
    return network_charts.accuracy_chart(shown, "macs", "resnet18")


EPOCHS = [{"step": 1, "error": 75.0}, {"step": 2, "error": 50.0}]
CHARTS: dict[str, Callable[[], Figure]] = {
    "treemap": lambda: cost_charts.treemap(SMALL, "params"),
    "shares": lambda: cost_charts.shares(SMALL, "macs", WHOLE),
    "cost map": _networks,
    "accuracies": _accuracies,
    "time per block": lambda: trace_charts.time_per_block(
        SMALL, {part.path: 0.001 * (place + 1) for place, part in enumerate(SMALL.parts)}
    ),
    "time per kind": lambda: trace_charts.time_per_kind(
        SMALL, {op.path: 0.003 if op.kind == "conv" else 0.001 for op in SMALL.ops}
    ),
    "top bars": lambda: inference_charts.top_bars(["cat", "dog"], [0.75, 0.125]),
    "lesion bars": lambda: inference_charts.deletion_bars(
        ["conv2_1", "conv3_1"], PATHS, [0.25, None], ["cat", "-"], 0.9
    ),
    "mode bars": lambda: inference_charts.mode_bars(
        ["eval()", "train(): alone"], [0.75, 0.125], ["cat", "dog"], "cat"
    ),
    "training curves": lambda: inference_charts.training_curves(CURVES),
    "gradients by depth": lambda: depth_charts.by_depth(
        {net: [1.0, 10.0, 1e6] for net in depth_charts.NETS}, "gradient"
    ),
    "histograms": lambda: norm_charts.histograms([_histogram("before"), _histogram("after")]),
    "running statistics": lambda: norm_charts.running(
        Running(LINE, LINE, 2 * LINE, LINE / 2, LINE + 1), 3.0, 4.0
    ),
    "two batches": lambda: norm_charts.agreement(
        {"train": ([1.0, 2.0], [2.0, 2.5]), "eval": ([1.0, 3.0], [1.0, 3.0])}
    ),
    "sigmoid": lambda: norm_charts.sigmoid(SigmoidInputs(0.1, 0.2, LINE, LINE, LINE, LINE)),
    "four steps": lambda: journey(steps((2, 4, 4, 4, 5, 5, 7, 9), gamma=2, beta=-1), 7),
    "tensors": lambda: heat_maps.tensors([("x", LINE.reshape(1, 1, 3))], shared=True),
    "reads": lambda: heat_maps.coverage([("v1", [np.array([[0, 1], [2, 1]])])], ["conv3_1"]),
    "likeness": lambda: stack_charts.likeness(
        [2, 10], {"residual": [0.5, 0.25]}, {"residual": [0.5, None]}
    ),
    "identity": lambda: stack_charts.identity([2, 10], {"plain": [0.5, 0.75]}),
    "training loss": lambda: training({"ab: plain-20": Run(POINTS, True, 20)}, "loss", 20),
    "training accuracy": lambda: training({"ab: plain-20": Run(POINTS, True, 20)}, "accuracy", 20),
    "deletions": lambda: path_charts.deletions(["conv2_1", "conv3_1"], PATHS, [0.5, None], 0.875),
    "held-out error": lambda: training(
        {"plain-20": Run(EPOCHS, True, 20)}, "error", 2, every="epoch"
    ),
    "loss surface": lambda: surface_charts.squares(
        {"plain-20": Square([-1, 0, 1], [[4, 2, 8], [2, 0.5, None], [4, 2, 8]])}, 2.303
    )["plain-20"],
    "loss along a line": lambda: surface_charts.lines(
        [-1, 0, 1], {"plain-20": Line([4, 0.5, None], True, 20)}, 2.303
    ),
    "path lengths": lambda: path_charts.path_lengths(Paths(4), 1, 2),
    **{
        f"study: {study.id}": (lambda study=study: study_charts.study_chart(study))
        for study in STUDIES
    },
}
