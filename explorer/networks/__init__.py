"""The same networks in torch."""

from explorer.networks.devices import Device, available_devices, best_device, device_for
from explorer.networks.resnet import ResNet, build
from explorer.networks.trace import MeasuredOp, Trace, trace

__all__ = [
    "Device",
    "MeasuredOp",
    "ResNet",
    "Trace",
    "available_devices",
    "best_device",
    "build",
    "device_for",
    "trace",
]
