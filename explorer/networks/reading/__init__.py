"""Files of weights -> tensors with names, without running anything that a file asks for."""

from explorer.networks.reading.container import Contents, contents
from explorer.networks.reading.inert import Odd, Thing
from explorer.networks.reading.tensors import Storage

__all__ = ["Contents", "Odd", "Storage", "Thing", "contents"]
