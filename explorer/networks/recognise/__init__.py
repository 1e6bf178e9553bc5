"""Any file of weights -> the network that it belongs to, by structure: what its tensors are."""

from explorer.networks.recognise.readings import Reading, readings
from explorer.networks.recognise.recognised import Recognised, Unknown, alike, recognise

__all__ = ["Reading", "Recognised", "Unknown", "alike", "readings", "recognise"]
