"""What the Inference page keeps between reruns, shared by all sessions, each with a bound.

Networks are shared and never changed. Keys are texts: a picture's SHA-256, and what weights,
network, device and preprocessing produced the rest; arguments that begin with _ follow from them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.architecture import PRESETS, Blueprint, NetworkSpec
from explorer.ui.cache import blueprint_of

if TYPE_CHECKING:
    from torch import Tensor

    from explorer.experiments.deletion import Deletion
    from explorer.experiments.features import Features
    from explorer.experiments.images import DecodedPicture
    from explorer.experiments.inference import Prediction
    from explorer.experiments.inference_setup import Setup
    from explorer.experiments.modes import ModeComparison
    from explorer.experiments.preprocess import Prepared, Preprocessing
    from explorer.networks import ResNet
    from explorer.networks.published_weights import PublishedWeights
    from explorer.ui.inference.upload import Chosen
    from explorer.ui.inference.weights import Loaded
    from explorer.ui.picker import Choice


@dataclass(frozen=True)
class Scene:
    """One picture before one network: all that a section of the page needs."""

    key: str
    file: str
    weights: str
    picture: DecodedPicture
    prepared: Prepared
    recipe: Preprocessing
    network: ResNet
    classes: tuple[str, ...]
    blueprint: Blueprint
    trained: bool
    title: str

    def with_recipe(self, recipe: Preprocessing) -> Scene:
        """The same picture and network with other preprocessing."""
        return _scene(self, self.file, self.picture, recipe)

    def on(self, file: str, picture: DecodedPicture) -> Scene:
        """Another picture, whose file has this key, before the same network."""
        return _scene(self, file, picture, self.recipe)


def _scene(scene: Scene, file: str, picture: DecodedPicture, recipe: Preprocessing) -> Scene:
    return replace(
        scene,
        key=f"{file}|{recipe}|{scene.weights}",
        file=file,
        picture=picture,
        recipe=recipe,
        prepared=prepared(f"{file}|{recipe}", picture, recipe, scene.blueprint.spec.in_channels),
    )


def on_board(preset: str, scene: Scene, image_size: int) -> Scene:
    """The scene's picture before a trained network that the app carries."""
    from explorer.experiments.cifar10 import CLASSES
    from explorer.experiments.preprocess import CIFAR

    device = str(scene.network.fc.weight.device)
    network = embedded_network(preset, device)
    other = replace(
        scene,
        weights=f"embedded {preset} {device}",
        network=network,
        classes=CLASSES,
        blueprint=blueprint_of(network.spec, image_size),
        trained=True,
        title=PRESETS[preset].title,
    )
    return _scene(other, scene.file, scene.picture, CIFAR.at(image_size))


def scene_of(choice: Choice, loaded: Loaded, chosen: Chosen) -> Scene:
    """The chosen picture before the chosen network, preprocessed at the sidebar's image size.

    Raises:
        PictureError: the network takes neither 3 nor 1 channels.
    """
    spec, recipe = loaded.network.spec, loaded.setup.recipe.at(choice.image_size)
    channels = spec.in_channels
    return Scene(
        f"{chosen.key}|{recipe}|{loaded.key}",
        chosen.key,
        loaded.key,
        chosen.picture,
        prepared(f"{chosen.key}|{recipe}", chosen.picture, recipe, channels),
        recipe,
        loaded.network,
        loaded.setup.classes,
        blueprint_of(spec, choice.image_size),
        loaded.trained,
        choice.title,
    )


def digest(data: bytes) -> str:
    """The key of a file's content."""
    return hashlib.sha256(data).hexdigest()


@st.cache_resource(max_entries=24, show_spinner=False)
def decoded(key: str, name: str, _data: bytes) -> DecodedPicture:
    """The picture in a file.

    Raises:
        PictureError: see explorer.experiments.images.decode.
    """
    from explorer.experiments.images import decode

    return decode(_data, name)


@st.cache_resource(max_entries=64, show_spinner=False)
def prepared(key: str, _picture: DecodedPicture, _recipe: Preprocessing, channels: int) -> Prepared:
    """The tensor of a picture, and the steps to it."""
    from explorer.experiments.preprocess import prepare

    return prepare(_picture.image, _recipe, channels)


@st.cache_resource(max_entries=512, show_spinner=False)
def prediction(key: str, _scene: Scene) -> Prediction:
    """What the network answers."""
    from explorer.experiments.inference import predict

    warmed(_scene.weights, _scene.blueprint.image_size, _scene)
    return predict(_scene.network, _scene.prepared.tensor, _scene.classes)


@st.cache_resource(max_entries=64, show_spinner=False)
def warmed(weights: str, image_size: int, _scene: Scene) -> bool:
    """Run the network once, unmeasured: a first pass pays for memory and the choice of kernels."""
    from explorer.experiments.inference import predict

    predict(_scene.network, _scene.prepared.tensor, _scene.classes)
    return True


@st.cache_resource(max_entries=4, show_spinner=False)
def features(key: str, _scene: Scene) -> Features:
    """Every block's output; up to some 60 MB for the deepest networks, so only four are kept."""
    from explorer.experiments.features import features as compute

    return compute(_scene.network, _scene.prepared.tensor)


@st.cache_resource(max_entries=64, show_spinner=False)
def cams(key: str, target: int, blocks: tuple[str, ...], _scene: Scene) -> dict[str, Tensor]:
    """Grad-CAM of one class at these blocks."""
    from explorer.experiments.saliency import grad_cam

    return grad_cam(_scene.network, _scene.prepared.tensor, target, blocks)


@st.cache_resource(max_entries=64, show_spinner=False)
def gradient(key: str, block: str, row: int, column: int, _scene: Scene) -> Tensor:
    """How much each pixel moves one position of a block's output."""
    from explorer.experiments.saliency import seen_gradient

    return seen_gradient(_scene.network, _scene.prepared.tensor, block, row, column)


@st.cache_resource(max_entries=64, show_spinner=False)
def deletions_done(key: str) -> dict[str, Deletion]:
    """The deletions computed so far; filled by the page, so that an interrupted run goes on."""
    return {}


@st.cache_resource(max_entries=32, show_spinner=False)
def modes(key: str, _scene: Scene) -> ModeComparison:
    """train() against eval().

    Raises:
        ValueError: train mode is impossible for this network and size.
    """
    from explorer.experiments.modes import compare_modes

    return compare_modes(_scene.network, _scene.prepared.tensor, _scene.classes)


@st.cache_resource(max_entries=4, show_spinner=False)
def embedded_network(preset: str, device: str) -> ResNet:
    """A network that the app carries, with its trained weights."""
    from explorer.architecture import preset as spec_of
    from explorer.experiments.embedded import cards
    from explorer.networks.weights import load, read_state

    path = cards()[preset].path
    return load(spec_of(preset), read_state(path, path.name), device)


@st.cache_resource(max_entries=4, show_spinner=False)
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


@st.cache_resource(max_entries=2, show_spinner=False)
def state_of(key: str, name: str, _source: Any) -> dict[str, Tensor]:
    """The tensors in a visitor's file.

    Raises:
        WeightsError: see explorer.networks.weights.read_state.
    """
    from explorer.networks.weights import read_state

    return read_state(_source, name)


@st.cache_resource(max_entries=4, show_spinner=False)
def network_with(key: str, spec: NetworkSpec, device: str, _state: dict[str, Tensor]) -> ResNet:
    """A network with a visitor's weights.

    Raises:
        WeightsError: names or shapes differ.
    """
    from explorer.networks.weights import load

    return load(spec, _state, device)


@st.cache_resource(max_entries=32, show_spinner=False)
def setups_of(preset: str | None, spec: NetworkSpec) -> dict[str, Setup]:
    """The kinds of weights this network can be given."""
    from explorer.experiments.inference_setup import setups

    return setups(preset, spec)
