"""The same network with shortcuts and without, with batch norm and without."""

from dataclasses import replace

from explorer.architecture import NetworkSpec
from explorer.words import FieldError


def twin(spec: NetworkSpec, plain: bool) -> NetworkSpec:
    """The network itself if it is what is asked for; else the other of the pair.

    A plain network gets the paper's shortcuts: option A where it starts as for CIFAR-10, option B
    elsewhere and where option A cannot be.
    """
    if plain:
        return replace(spec, shortcut="none")
    if spec.shortcut != "none":
        return spec
    try:
        return replace(spec, shortcut="padding" if spec.stem == "cifar" else "projection")
    except FieldError:
        return replace(spec, shortcut="projection")


def bare(spec: NetworkSpec) -> NetworkSpec:
    """Without normalisation."""
    return replace(spec, norm="none")
