"""What the view of gradients keeps: norms and small maps, never the activations of a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from explorer.architecture import PRESETS, Blueprint, blueprint
from explorer.experiments import work
from explorer.experiments.embedded import trained
from explorer.experiments.origin.twins import bare, twin
from explorer.ui import gate
from explorer.ui.budget import kept
from explorer.ui.cache import embedded_network, network_of
from explorer.ui.inference.cache import BY_KEY, Place
from explorer.ui.inference.scene import Scene

if TYPE_CHECKING:
    from explorer.experiments.origin.gradient import Backward, Finite
    from explorer.experiments.origin.norm_backward import NormBackward
    from explorer.networks import ResNet

ABOVE: Final = "above"
INITIAL: Final = "initial"
BARE: Final = "initial_bare"


def states(scene: Scene) -> tuple[str, ...]:
    """In which state a network can be looked at; the first is the one that answers above."""
    return (ABOVE, INITIAL, BARE) if scene.blueprint.spec.norm != "none" else (ABOVE, INITIAL)


def is_plain(scene: Scene) -> bool:
    """Whether the network that answers has no shortcuts."""
    return scene.blueprint.spec.shortcut == "none"


def has(scene: Scene, state: str, plain: bool) -> bool:
    """Whether there is such a network: of trained ones the twin may not be on this machine."""
    if state != ABOVE or plain == is_plain(scene) or not scene.trained:
        return True
    return _carried(scene, plain) is not None


def blueprint_of(scene: Scene, state: str, plain: bool) -> Blueprint:
    """Of this one of the pair."""
    spec = twin(scene.blueprint.spec, plain)
    return blueprint(bare(spec) if state == BARE else spec, scene.blueprint.image_size)


def network(scene: Scene, state: str, plain: bool) -> ResNet:
    """The network; at initialisation one of its own, in train mode, so that batch norm uses the
    picture's own statistics: its running ones say nothing yet."""
    from explorer.networks import build

    device = scene.loaded.device
    spec = blueprint_of(scene, state, plain).spec
    if state != ABOVE:
        return build(spec, device).train()
    if plain == is_plain(scene):
        return scene.network
    if carried := _carried(scene, plain):
        return embedded_network(carried, device)
    return network_of(spec, device)


def _carried(scene: Scene, plain: bool) -> str | None:
    """The preset that is this trained network with or without shortcuts, if both are carried:
    those of one depth were trained alike."""
    if scene.on_board is None:
        return None
    spec = twin(scene.blueprint.spec, plain)
    return next((name for name in trained() if PRESETS[name].spec == spec), None)


def _to_go_back(scene: Scene, state: str, plain: bool, *_: object) -> Place:
    return gate.place(work.gradients(blueprint_of(scene, state, plain), passes=2))


@kept(by=BY_KEY, place=_to_go_back)
def backward(scene: Scene, state: str, plain: bool, target: int) -> Backward:
    """The loss of one class sent back through one of the pair.

    Raises:
        ValueError: train mode is impossible for this network and size.
    """
    from explorer.experiments.origin.gradient import backward as compute

    bp = blueprint_of(scene, state, plain)
    return compute(network(scene, state, plain), scene.prepared.tensor, bp, target)


@kept(by=BY_KEY, place=_to_go_back)
def norm_backward(
    scene: Scene, state: str, plain: bool, target: int, path: str
) -> tuple[NormBackward, tuple[int, int, int]]:
    """Batch norm's backward pass at the strongest value of one layer."""
    from explorer.experiments.origin.norm_backward import of_layer

    bp = blueprint_of(scene, state, plain)
    return of_layer(network(scene, state, plain), scene.prepared.tensor, bp, path, target)


def _to_move_a_weight(scene: Scene, state: str, plain: bool, *_: object) -> Place:
    # A copy in float64, three passes of it, one of them with gradients.
    one = work.gradients(blueprint_of(scene, state, plain), passes=2)
    return gate.place(work.Work(2 * one.macs, 3 * one.memory, one.weights))


@kept(by=BY_KEY, place=_to_move_a_weight)
def finite_difference(scene: Scene, state: str, plain: bool, target: int, name: str) -> Finite:
    """One weight of one of the pair moved both ways."""
    from explorer.experiments.origin.gradient import finite_difference as compute

    return compute(network(scene, state, plain), scene.prepared.tensor, target, name)
