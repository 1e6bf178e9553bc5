"""What a whole model says of its own layers: eps and strides, which no state dict has."""

from dataclasses import replace
from typing import Any, Final

from explorer.architecture import NetworkSpec
from explorer.architecture.choices import STEMS
from explorer.networks.reading.collect import Collected
from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.readings import Reading
from explorer.networks.recognise.structure import Structure
from explorer.words import FieldError

_LARGEST: Final = 8


class Facts:
    """Of the layers of one structure, as the modules of the file have them."""

    def __init__(self, structure: Structure, collected: Collected) -> None:
        self.structure, self.found = structure, collected.facts

    def with_eps(self, spec: NetworkSpec) -> NetworkSpec:
        """With the eps of the file's normalisations, where all say the same."""
        told = [self._of(norm).get("eps") for norm in self.structure.norms]
        numbers = {eps for eps in told if type(eps) is float}
        if len(numbers) != 1 or not all(type(eps) is float for eps in told):
            return spec
        try:
            return replace(spec, norm_eps=numbers.pop())
        except FieldError:  # it is beyond what a spec may have
            return spec

    def settle(self, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        """Those readings whose strides are the file's; all where it does not say, or none fits.

        A field that is decided so is open no more.
        """
        left = [one for one in readings if self._fits(one.spec)] if self.found else []
        if not left or len(left) == len(readings):
            return readings
        fields = [name for name, _ in readings[0].open]
        open_ = [name for name in fields if len({getattr(one.spec, name) for one in left}) > 1]
        return tuple(
            replace(one, open=tuple((name, getattr(one.spec, name)) for name in open_))
            for one in left
        )

    def _fits(self, spec: NetworkSpec) -> bool:
        stem = self._stride(self.structure.stem[0])
        if stem is not None and stem != STEMS[spec.stem].stride:
            return False
        if spec.block == "basic" or len(self.structure.stages) < 2:
            return True
        first = self.structure.stages[1][0].convolutions
        strides = [self._stride(layer) for layer in first[:2]]
        if None in strides or sorted(map(int, filter(None, strides))) != [1, 2]:
            return True
        return spec.stride_on == ("1x1" if strides[0] == 2 else "3x3")

    def _of(self, layer: Layer) -> dict[str, Any]:
        return self.found.get(layer.path, {})

    def _stride(self, layer: Layer) -> Any:
        """None where it is not said, or not the same in both directions."""
        told = self._of(layer).get("stride")
        sides = told if isinstance(told, tuple) and len(told) == 2 else (told, told)
        if not all(type(side) is int and 0 < side <= _LARGEST for side in sides):
            return None
        return sides[0] if sides[0] == sides[1] else None
