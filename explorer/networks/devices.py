"""Where a network can run."""

import os
import platform
from dataclasses import dataclass

import torch

from explorer.words import FieldError


@dataclass(frozen=True, slots=True)
class Device:
    """A device torch can use: its name for torch, its name for people, its memory in bytes."""

    id: str
    label: str
    memory: int | None

    @property
    def title(self) -> str:
        """Label and memory, for a list to choose from."""
        if self.memory is None:
            return self.label
        return f"{self.label}, {self.memory / 2**30:.0f} GiB"


def available_devices() -> list[Device]:
    """All devices that can run a network now; the CPU is always the last."""
    devices = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        properties = torch.cuda.get_device_properties(index)
        devices.append(Device(f"cuda:{index}", f"CUDA: {properties.name}", properties.total_memory))
    for index in range(torch.xpu.device_count() if torch.xpu.is_available() else 0):
        found = torch.xpu.get_device_properties(index)
        devices.append(Device(f"xpu:{index}", f"XPU: {found.name}", found.total_memory))
    if torch.backends.mps.is_available():
        devices.append(Device("mps", "MPS: Apple GPU", int(torch.mps.recommended_max_memory())))
    cores = torch.get_num_threads()
    label = f"CPU: {platform.machine()}, {cores} thread{'s' if cores > 1 else ''}"
    return [*devices, Device("cpu", label, _main_memory())]


def best_device() -> Device:
    """The accelerator with the most memory, or the CPU."""
    *accelerators, cpu = available_devices()
    return max(accelerators, key=lambda device: device.memory or 0, default=cpu)


def device_for(wanted: str) -> Device:
    """The device of this kind ("cuda", "cpu"), or the best one for "auto".

    Raises:
        FieldError: this machine has no such device.
    """
    if wanted == "auto":
        return best_device()
    devices = available_devices()
    for device in devices:
        if wanted in (device.id, device.id.split(":")[0]):
            return device
    present = ", ".join(device.id for device in devices)
    raise FieldError("devices", "not here", {"device": wanted}, present=present)


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given, so that a clock reads true."""
    if device.type in ("cuda", "xpu", "mps"):
        getattr(torch, device.type).synchronize()


def _main_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
