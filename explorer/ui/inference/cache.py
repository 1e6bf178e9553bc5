"""What the Inference page keeps between reruns, for all sessions, within the budget in bytes.

All of it is known by its scene's key. Networks are shared and never changed; what runs one goes
through the gate, which may refuse it (TooMuch).
"""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from explorer.architecture import NetworkSpec
from explorer.experiments import work
from explorer.experiments.work import TooMuch
from explorer.ui import gate
from explorer.ui.budget import Names, kept, store
from explorer.ui.cache import to_build
from explorer.ui.inference import standing_in
from explorer.ui.inference.scene import Loaded, Scene

if TYPE_CHECKING:
    from torch import Tensor

    from explorer.experiments.deletion import Deletion
    from explorer.experiments.features import Features
    from explorer.experiments.inference import Prediction
    from explorer.experiments.modes import ModeComparison
    from explorer.experiments.origin.cam import Cam
    from explorer.experiments.origin.capture import Captured
    from explorer.networks import ResNet
    from explorer.networks.engines import Engine
    from explorer.networks.published_weights import PublishedWeights

Place = AbstractContextManager[None]
BY_KEY: Final[Names] = {Scene: attrgetter("key")}
_PASSES: Final = 10
"""In train mode, by which the running statistics move."""


def _to_run(scene: Scene, *_: object, passes: int = 1) -> Place:
    return gate.place(work.forward(scene.blueprint, passes=passes))


def _to_differentiate(scene: Scene, *_: object) -> Place:
    return gate.place(work.gradients(scene.blueprint))


@kept(by=BY_KEY, place=partial(_to_run, passes=2))
def prediction(scene: Scene) -> Prediction:
    """What the network answers; on the CPU through an engine made of it, which is quicker."""
    from explorer.experiments.inference import predict
    from explorer.networks.engines import EngineError

    network = scene.network
    if network.fc.weight.device.type != "cpu":
        _warmed(scene.weights, scene.blueprint.in_shape[1], scene)
        return predict(network, scene.prepared.tensor, scene.classes)
    outside = standing_in.engine_of(scene)
    if outside is not None:
        try:
            return predict(network, scene.prepared.tensor, scene.classes, engine=outside)
        except EngineError as problem:
            standing_in.refuse(scene, problem)
    return _by_torch(scene, network)


def _by_torch(scene: Scene, network: ResNet) -> Prediction:
    from explorer.experiments.inference import predict

    side, engine = scene.blueprint.in_shape[1], None
    with suppress(TooMuch):  # where there is no room for the weights twice
        engine = _engine(scene.weights, side, scene)
    if engine is None:
        _warmed(scene.weights, side, scene)
    found = predict(network, scene.prepared.tensor, scene.classes, engine=engine)
    if engine is not None:
        key = _engine.key(scene.weights, side, scene)
        standing_in.answered_by_torch(
            scene, engine, lambda: store().drop(lambda other: other == key)
        )
    return found


def answered(scene: Scene) -> Prediction | None:
    """The answer where there is one to speak of; else why not is said in the answer's place."""
    try:
        found = prediction(scene)
    except TooMuch:
        return None
    return None if scene.loaded.head == "none" or not found.finite else found


def _to_make_engine(weights: str, image_size: int, scene: Scene) -> Place:
    # Beside the network's weights those of the engine, and one pass.
    one = work.forward(scene.blueprint)
    return gate.place(work.Work(one.macs, one.memory + one.weights, one.weights))


@kept(place=_to_make_engine)
def _engine(weights: str, image_size: int, _scene: Scene) -> Engine:
    """The quickest that answers in the network's place; it has run once.

    Raises:
        TooMuch: this server has no memory for it beside the network.
    """
    from explorer.networks.engines import quickest

    return quickest(_scene.network, tuple(_scene.prepared.tensor.shape))


@kept
def _warmed(weights: str, image_size: int, _scene: Scene) -> bool:
    """Run the network once, unmeasured: a first pass pays for memory and the choice of kernels."""
    from explorer.experiments.inference import predict

    predict(_scene.network, _scene.prepared.tensor, _scene.classes)
    return True


def _to_keep_features(scene: Scene, *_: object) -> Place:
    return gate.place(work.keeping_features(scene.blueprint))


@kept(by=BY_KEY, place=_to_keep_features)
def features(scene: Scene) -> Features:
    """Every block's output: 7 MB of ResNet-50 at 224, some 60 MB of the deepest named network."""
    from explorer.experiments.features import features as compute

    return compute(scene.network, scene.prepared.tensor)


@kept(by=BY_KEY, place=_to_keep_features)
def captured(scene: Scene, path: str) -> Captured:
    """What one op reads and writes. Of the others nothing is kept but what blocks hand on, from
    which each step begins."""
    from explorer.experiments.origin.capture import capture

    maps = features(scene).maps
    return capture(scene.network, scene.prepared.tensor, scene.blueprint, path, maps)


@kept(by=BY_KEY)
def cam(scene: Scene, target: int) -> Cam:
    """CAM of one class beside Grad-CAM, at the maps that the average pool reads."""
    from explorer.experiments.origin.cam import cam_of

    return cam_of(scene.network, captured(scene, "avgpool").inputs[0], target)


@kept(by=BY_KEY, place=_to_differentiate)
def cams(scene: Scene, target: int, blocks: tuple[str, ...]) -> dict[str, Tensor]:
    """Grad-CAM of one class at these blocks."""
    from explorer.experiments.saliency import grad_cam

    return grad_cam(scene.network, scene.prepared.tensor, target, blocks)


@kept(by=BY_KEY, place=_to_differentiate)
def gradient(scene: Scene, block: str, row: int, column: int) -> Tensor:
    """How much each pixel moves one position of a block's output."""
    from explorer.experiments.saliency import seen_gradient

    return seen_gradient(scene.network, scene.prepared.tensor, block, row, column)


@kept(by=BY_KEY, place=_to_run)
def deletion(scene: Scene, block: str) -> Deletion:
    """The answer without one block. Each takes its turn, so that others are not kept waiting."""
    from explorer.experiments.deletion import deletions

    picture = scene.prepared.tensor
    (found,) = deletions(scene.network, picture, scene.classes, scene.blueprint, [block])
    return found


def _to_compare(scene: Scene) -> Place:
    # Four answers, one of them of a batch of four, and the passes; on a copy of the network.
    one, copied = work.forward(scene.blueprint, 4), 4 * scene.blueprint.params
    macs = (_PASSES + 6) * scene.blueprint.macs
    return gate.place(work.Work(macs, one.memory + copied, one.weights))


@kept(by=BY_KEY, place=_to_compare)
def modes(scene: Scene) -> ModeComparison:
    """train() against eval().

    Raises:
        ValueError: train mode is impossible for this network and size.
    """
    from explorer.experiments.modes import compare_modes

    return compare_modes(scene.network, scene.prepared.tensor, scene.classes, _PASSES)


# The file's tensors and the network's own.
@kept(place=partial(to_build, copies=2))
def published_network(spec: NetworkSpec, device: str, url: str, _file: PublishedWeights) -> ResNet:
    """A network with torchvision's weights from this machine's torch cache.

    Raises:
        WeightsError: the file is not what was published, or does not fit.
    """
    from explorer.networks.published_weights import is_intact
    from explorer.networks.weights import WeightsError, load, read_state

    if not is_intact(_file.path, _file.sha256_prefix):
        raise WeightsError("not what was published", name=_file.path.name)
    return load(spec, read_state(_file.path, _file.path.name), device)


@kept
def all_numbers(weights: str, _loaded: Loaded) -> bool:
    """Whether no weight is inf or NaN."""
    tensors = _loaded.network().state_dict().values()
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
