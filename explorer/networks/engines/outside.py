"""Engines that need packages of their own: ONNX Runtime, OpenVINO (requirements-engines.txt)."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.networks.engines import foreign, trial
from explorer.networks.engines.onnx_file import EngineError, onnx_file
from explorer.networks.resnet import ResNet
from explorer.words import label


class Outside:
    """A program from outside, with as many threads as torch uses.

    It is tried in a process of its own first: what a program written in C does at a network that
    nobody has tried with it, nobody knows.

    Args:
        engine: its id, see foreign.session.
        network: in eval mode, on the CPU.
        shape: of every batch, (N, C, H, W).
        images: on which it is tried, of that shape; random values, if there are none.
        paged: the weights may lie on the disk, see foreign.Pages.

    Raises:
        ImportError: onnx or the program is not installed.
        EngineError: it cannot run this network, or not as the network itself does.
    """

    def __init__(
        self,
        engine: str,
        network: ResNet,
        shape: tuple[int, ...],
        images: Tensor | None = None,
        paged: bool = False,
    ) -> None:
        self.id = engine
        if images is None:
            images = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        data, threads = onnx_file(network, shape), torch.get_num_threads()
        with torch.inference_mode():
            wanted = network(images)
        trial.passed(engine, data, images, wanted, threads, paged)
        try:
            opened = foreign.opened(engine, data, threads, paged)
        except Exception as problem:  # their errors have no class in common
            raise self._cannot(problem) from problem
        self._session, self.outside_bytes = opened.run, opened.copies * len(data)

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, (N, K), of preprocessed images of the shape that it was made for.

        Raises:
            EngineError: the program gave up.
        """
        try:
            found = self._session(x.contiguous().numpy())
        except Exception as problem:
            raise self._cannot(problem) from problem
        return torch.from_numpy(found)

    def _cannot(self, problem: Exception) -> EngineError:
        said = str(problem).strip().splitlines() or [repr(problem)]
        name = label(f"engine.{self.id}")
        return EngineError("engines", "cannot", engine=name, problem=said[0][:300])
