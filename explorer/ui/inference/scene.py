"""What the page looks at: a picture before a network. `key` names all that an answer follows from.

Networks are not held here but asked for when they run: whoever waits for a turn holds none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.architecture import PRESETS, Blueprint, NetworkSpec, blueprint
from explorer.ui.budget import kept
from explorer.ui.cache import embedded_network

if TYPE_CHECKING:
    from explorer.experiments.images import DecodedPicture
    from explorer.experiments.inference_setup import Setup
    from explorer.experiments.preprocess import Prepared, Preprocessing
    from explorer.experiments.samples import Sample
    from explorer.networks import ResNet
    from explorer.ui.picker import Choice


@dataclass(frozen=True)
class Chosen:
    """A decoded picture, its key, its name, and the sample it is, if it is one."""

    key: str
    name: str
    picture: DecodedPicture
    sample: Sample | None = None


@dataclass(frozen=True)
class Loaded:
    """Weights ready to answer. `key` names them and their device, `network()` has them.

    `on_board` is the preset whose weights the app carries, if it is these; `own` says that they
    come from a visitor's file. `head` is what answers: "classes", "sigmoid" for a single output,
    or "none" where the file has no classifier.
    """

    key: str
    setup: Setup
    device: str
    network: Callable[[], ResNet]
    trained: bool
    on_board: str | None = None
    own: bool = False
    head: str = "classes"


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture before one network: all that a section of the page needs.

    Two scenes of one `key` are alike; caches know a scene by it.
    """

    key: str
    file: str
    picture: DecodedPicture
    recipe: Preprocessing
    loaded: Loaded
    blueprint: Blueprint
    title: str

    @property
    def weights(self) -> str:
        """Key of the weights and their device."""
        return self.loaded.key

    @property
    def classes(self) -> tuple[str, ...]:
        return self.loaded.setup.classes

    @property
    def trained(self) -> bool:
        return self.loaded.trained

    @property
    def on_board(self) -> str | None:
        """The preset whose trained weights, carried by the app, answer here; else None."""
        return self.loaded.on_board

    @property
    def network(self) -> ResNet:
        """The network, loaded or built now if it is not kept."""
        return self.loaded.network()

    @property
    def prepared(self) -> Prepared:
        """The picture's tensor, and the steps to it."""
        channels = self.blueprint.spec.in_channels
        return _prepared(self.file, self.recipe, channels, self.picture)

    def with_recipe(self, recipe: Preprocessing) -> Scene:
        """The same picture and network with other preprocessing."""
        return _scene(self.loaded, self.file, self.picture, recipe, self.blueprint, self.title)

    def of(self, file: str, picture: DecodedPicture) -> Scene:
        """Another picture, whose file has this key, before the same network."""
        return _scene(self.loaded, file, picture, self.recipe, self.blueprint, self.title)

    def on(self, preset: str, image_size: int) -> Scene:
        """The same picture before a trained network that the app carries."""
        loaded = embedded(preset, self.loaded.device)
        return _scene(
            loaded,
            self.file,
            self.picture,
            loaded.setup.recipe.at(image_size),
            blueprint(PRESETS[preset].spec, image_size),
            PRESETS[preset].title,
        )


def scene_of(choice: Choice, loaded: Loaded, chosen: Chosen) -> Scene:
    """The chosen picture before the chosen network, preprocessed at the sidebar's image size.

    Raises:
        PictureError: the network takes neither 3 nor 1 channels.
    """
    setup = loaded.setup
    made = _scene(
        loaded,
        chosen.key,
        chosen.picture,
        setup.recipe.at(choice.side),
        blueprint(setup.spec, choice.side),
        choice.title,
    )
    # Prepared once here, so that a network that takes no photograph is told at once.
    assert made.prepared is not None
    return made


def embedded(preset: str, device: str) -> Loaded:
    """The trained weights that the app carries for a preset."""
    from explorer.experiments.inference_setup import EMBEDDED

    setup = setups_of(preset, PRESETS[preset].spec)[EMBEDDED]
    key = f"embedded {preset} {device}"
    return Loaded(key, setup, device, lambda: embedded_network(preset, device), True, preset)


def _scene(
    loaded: Loaded,
    file: str,
    picture: DecodedPicture,
    recipe: Preprocessing,
    bp: Blueprint,
    title: str,
) -> Scene:
    key = f"{file}|{recipe}|{bp.in_shape[1]}|{loaded.key}"
    return Scene(key, file, picture, recipe, loaded, bp, title)


@kept
def setups_of(preset: str | None, spec: NetworkSpec) -> dict[str, Setup]:
    """The kinds of weights this network can be given."""
    from explorer.experiments.inference_setup import setups

    return setups(preset, spec)


@kept
def _prepared(
    file: str, recipe: Preprocessing, channels: int, _picture: DecodedPicture
) -> Prepared:
    from explorer.experiments.preprocess import prepare

    return prepare(_picture.image, recipe, channels)
