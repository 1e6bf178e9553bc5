"""The gratings that trainings learn: their orientation is what their label says."""

import numpy as np
import torch

from explorer.experiments.gratings import CLASSES, SIZE, gratings


def power(images: np.ndarray, angle: float) -> float:
    """Of the wave of 1.05 radians a pixel across this angle, the mean over images, any phase."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    wave = np.exp(1.05j * (columns * np.cos(angle) + rows * np.sin(angle)))
    return float((np.abs((images * wave).sum((1, 2))) ** 2).mean())


def test_a_label_is_a_tenth_of_half_a_turn():
    found = gratings(4_000, 0)
    images, labels = found.images[:, 0].double().numpy(), found.labels.numpy()
    assert images.shape[1:] == (SIZE, SIZE) and set(labels) == set(range(CLASSES))
    angles = np.arange(2 * CLASSES) * np.pi / (2 * CLASSES)
    for label in range(CLASSES):
        powers = [power(images[labels == label], angle) for angle in angles]
        assert int(np.argmax(powers)) == 2 * label


def test_waves_lie_in_unit_noise_and_follow_from_the_seed():
    one, same, other = (gratings(4_000, seed).images for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    # A cosine of any phase has a variance of 1/2.
    assert abs(float(one.var()) - 1.5) < 0.05 and abs(float(one.mean())) < 0.05
