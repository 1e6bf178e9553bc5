"""A visitor's own weights, for every page that uses weights: what the file is, and its network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.ui import uploads
from explorer.ui.budget import kept
from explorer.ui.cache import to_build
from explorer.words import WordedError

if TYPE_CHECKING:
    from explorer.networks import ResNet
    from explorer.networks.recognise import Reading, Recognised

SHELF: Final = "weights"
"""Where a visitor's file of weights is kept."""
_GIVEN: Final = "own_weights"
_OWN: Final = "own "


@dataclass(frozen=True, eq=False)
class Mine:
    """A file of weights that was recognised; `key` names its content."""

    name: str
    key: str
    source: bytes | Path
    found: Recognised

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return size_of(self.source)

    def reading_of(self, spec: NetworkSpec) -> Reading | None:
        """The reading that is this network, if the file fits it, whatever eps it has: no file
        holds that."""
        from explorer.networks.recognise import alike

        spec = replace(spec, norm_eps=self.found.spec.norm_eps)
        return next((one for one in self.found.readings if alike(one.spec, spec)), None)


def size_of(source: bytes | Path) -> int:
    """Bytes of a file of weights."""
    return source.stat().st_size if isinstance(source, Path) else len(source)


def of_folder(name: str, key: str, source: Path) -> None:
    """Note that the visitor chose a file that lies on the server."""
    st.session_state[_GIVEN] = (name, key, source)


def let_go() -> None:
    """Let go of the visitor's file."""
    uploads.let_go(SHELF)
    st.session_state.pop(_GIVEN, None)


def given() -> tuple[str, str, bytes | Path] | None:
    """The visitor's file: its name, the key of its content, and where that is."""
    mine = uploads.kept(SHELF)
    if mine:
        return mine[-1].name, mine[-1].key, mine[-1].data
    chosen: tuple[str, str, Path] | None = st.session_state.get(_GIVEN)
    return chosen


def mine() -> Mine | None:
    """The visitor's file, recognised; None where there is none, or it is no network."""
    found = given()
    if found is None:
        return None
    try:
        return recognised(*found)
    except WordedError:
        return None


def recognised(name: str, key: str, source: bytes | Path) -> Mine:
    """What a file is.

    Raises:
        WeightsError: no network that we can say.
    """
    return Mine(name, key, source, _recognised(key, name, source))


@kept
def _recognised(key: str, name: str, _source: Any) -> Recognised:
    from explorer.networks.recognise import recognise

    return recognise(_source, name)


def for_spec(spec: NetworkSpec) -> str | None:
    """A name for the visitor's weights of this network, which `network` understands; None where
    there are none, or they are of another network."""
    own = mine()
    if own is None or not own.found.placed or own.reading_of(spec) is None:
        return None
    return f"{_OWN}{own.key}"


def is_own(name: str | None) -> bool:
    """Whether a name of weights is one of `for_spec`."""
    return name is not None and name.startswith(_OWN)


def network(own: Mine, spec: NetworkSpec, device: str) -> ResNet:
    """The network with the file's weights.

    Raises:
        WeightsError: the file is not this network's.
        TooMuch: this server may not build it.
    """
    return _network(spec, own.key, device, own)


# The file's tensors and the network's own.
@kept(place=partial(to_build, copies=2))
def _network(spec: NetworkSpec, key: str, device: str, _own: Mine) -> ResNet:
    from explorer.networks.weights import WeightsError, load

    reading = _own.reading_of(spec)
    if reading is None:
        raise WeightsError("do not fit", differences=_own.name)
    return load(spec, _own.found.tensors_of(reading), device)
