"""How a network on board is trained, and on which pictures."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import torch
from torch import Tensor

HELD_OUT: Final = 2_500
"""Pictures of the training set that a network is tried on after every epoch."""
WARM_UP: Final = 200
"""Steps."""


@dataclass(frozen=True, slots=True)
class EmbeddedRecipe:
    """SGD with momentum. The rate makes one cycle, or with `decay_epochs` it warms up over
    `WARM_UP` steps, stays at its peak, and falls linearly to zero over the last `decay_epochs`.
    """

    epochs: int = 30
    batch: int = 128
    peak_rate: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.05
    seed: int = 0
    bfloat16: bool = False
    decay_epochs: int = 0
    nesterov: bool = True

    @property
    def parts(self) -> int:
        """Of an epoch, each with its loss in the curve: short runs are shown in more detail."""
        return 4 if self.decay_epochs else 1

    def factor(self, step: int, steps_per_epoch: int) -> float:
        """What the peak rate is multiplied by at a step, with `decay_epochs`."""
        left = (self.epochs - step / steps_per_epoch) / self.decay_epochs
        return max(0.0, min(1.0, (step + 1) / WARM_UP, left))

    def goes_on_from(self, begun_with: Any, epoch: int) -> bool:
        """Whether a run of another recipe has been the same run up to and with `epoch`."""
        if begun_with == asdict(self):
            return True
        if not isinstance(begun_with, dict) or not self.decay_epochs:
            return False
        before = EmbeddedRecipe(**begun_with)
        length = {"epochs": self.epochs, "decay_epochs": self.decay_epochs}
        flat = min(self.epochs - self.decay_epochs, before.epochs - before.decay_epochs)
        return asdict(self) == begun_with | length and before.decay_epochs > 0 and epoch <= flat


def paper_recipe(
    epochs: int, decay_epochs: int, seed: int = 0, bfloat16: bool = False
) -> EmbeddedRecipe:
    """Rate, batch, momentum and weight decay of the paper's section 4.2, with fewer epochs."""
    return EmbeddedRecipe(
        epochs, 128, 0.1, 0.9, 1e-4, 0.0, seed, bfloat16, decay_epochs, nesterov=False
    )


def learnt_from(count: int, seed: int) -> Tensor:
    """Which of the training set's `count` pictures a training with this seed learns from."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[HELD_OUT:]


def held_out(count: int, seed: int) -> Tensor:
    """Which of them it is only tried on after every epoch."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:HELD_OUT]
