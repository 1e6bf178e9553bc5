"""Trained networks: those on board, and small ones that learn gratings while one waits."""

from functools import cache, partial
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional

from explorer.architecture import blueprint, preset
from explorer.architecture.named import blueprint_named, title_named
from explorer.experiments.batch_norm.twins import batch, norms, on_batch_statistics, twin
from explorer.experiments.degradation import TrainingRecipe
from explorer.experiments.deletion import each_deleted
from explorer.experiments.embedded import cards
from explorer.experiments.proofs.built import numel, on_meta
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.experiments.training_data import training_data
from explorer.networks import ResNet, build
from explorer.networks.blocks import ResidualBlock
from explorer.networks.weights import load, read_state

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/trained")
_PICTURES = 12


def degradation() -> Found:
    """Training losses of a shallow and a deep plain network, and of a deep residual one."""
    shallow, deep, residual = learnt(8, False), learnt(44, False), learnt(44, True)
    return [
        fact(
            say("about: plain-44 against plain-8"),
            say("claimed: higher"),
            say("computed: losses", first=deep, second=shallow),
            deep > shallow + 0.2,
        ),
        fact(
            say("about: resnet-44 against plain-44"),
            say("claimed: lower"),
            say("computed: losses", first=residual, second=deep),
            residual < deep - 0.2,
        ),
    ], say("how: degradation")


def same_capacity() -> Found:
    """Equal numbers of weights, and yet another training loss."""
    claimed = blueprint_named("plain34").params
    counts = [
        exact(
            say("about: parameters", network=title_named(name)),
            claimed,
            numel(on_meta(blueprint_named(name))),
        )
        for name in ("plain34", "resnet34_a")
    ]
    return [*counts, degradation()[0][1]], say("how: same capacity")


@cache
def learnt(depth: int, residual: bool) -> float:
    """Training loss on gratings after 60 steps of 32, the mean over the last 20."""
    recipe = TrainingRecipe(depth, "padding" if residual else "none")
    data = training_data("gratings", 0, "cpu", lambda: None)
    network = build(recipe.spec, "cpu", 0).train()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for step in range(60):
        for group in optimiser.param_groups:
            group["lr"] = 0.1 * min(1.0, (step + 1) / 20)
        images, labels = data.batch(32, generator)
        loss = functional.cross_entropy(network(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return sum(losses[-20:]) / 20


def deleted_block() -> Found:
    """Which answers stay when one block of a network on board is deleted."""
    residual, plain = (_answers_kept(name) for name in ("resnet20", "plain20"))
    return [
        fact(
            say("about: resnet-20 deletions"),
            say("claimed: loses some"),
            say("computed: kept", least=min(residual), most=max(residual), of=2 * _PICTURES),
            sum(residual) / len(residual) > _PICTURES,
        ),
        fact(
            say("about: plain-20 deletions"),
            say("claimed: everything"),
            say("computed: kept", least=min(plain), most=max(plain), of=2 * _PICTURES),
            max(plain) <= 2 * _PICTURES // 5,
        ),
        near(
            say("about: worst deletion on its card"),
            f"{100 * cards()['resnet20'].extremes[0][1]:.0f}",
            100 * min(value for value in cards()["resnet20"].after_deleting.values() if value),
            0.5,
            "%",
        ),
    ], say("how: deleted block")


def _answers_kept(name: str) -> list[int]:
    """For each block that can be deleted, how many of 24 answers are those of the whole network."""
    network, x = on_board(name), pictures()
    paths = [block.path for block in blueprint(preset(name), 32).blocks]
    with torch.inference_mode():
        whole = network(x).argmax(1)
        found = each_deleted(paths, lambda path: network(x, frozenset({path})).argmax(1))
        return [int((after == whole).sum()) for _, after in found if after is not None]


def modes_of_a_network() -> Found:
    """A trained network asked for each picture alone, in train mode and in eval mode."""
    network, x = on_board("resnet20"), pictures()[:_PICTURES]
    in_train = on_batch_statistics(network)
    with torch.inference_mode():
        evaluated = network(x).argmax(1)
        alone = torch.cat([network(one[None]) for one in x]).argmax(1)
        own = torch.cat([in_train(one[None]) for one in x]).argmax(1)
    changed, fixed = int((own != evaluated).sum()), int((alone != evaluated).sum())
    return [
        fact(
            say("about: alone in train mode"),
            say("claimed: different answers"),
            say("computed: changed", changed=changed, of=_PICTURES),
            changed > _PICTURES // 4,
        ),
        fact(
            say("about: alone in eval mode"),
            say("claimed: same answers"),
            say("computed: changed", changed=fixed, of=_PICTURES),
            fixed == 0,
        ),
    ], say("how: modes of a network")


def recomputed_statistics() -> Found:
    """Running statistics thrown away, and taken anew from pictures without any training."""
    x = pictures()
    whole = _answers(on_board("resnet20"), x)
    other = twin(on_board("resnet20"))
    for norm in norms(other).values():
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over all batches
    lost = int((_answers(other, x) == whole).sum())
    other.train()
    with torch.no_grad():
        for part in x.split(8):
            other(part)
    back = int((_answers(other.eval(), x) == whole).sum())
    return [
        fact(say("about: statistics thrown away"), say("claimed: lost"),
             say("computed: of the answers", kept=lost, of=len(x)), lost <= len(x) // 3),
        fact(say("about: statistics taken anew"), say("claimed: come back"),
             say("computed: of the answers", kept=back, of=len(x)), back >= 2 * len(x) // 3),
    ], say("how: recomputed statistics")  # fmt: skip


def drifting_statistics() -> Found:
    """Forward passes of darker pictures, in train and in eval mode, without a single step."""
    x = pictures()
    whole = _answers(on_board("resnet20"), x)
    changed = {}
    for mode in ("train", "eval"):
        other = twin(on_board("resnet20")).train(mode == "train")
        with torch.no_grad():
            for _ in range(20):
                other(0.3 * x[:4] - 1)
        changed[mode] = int((_answers(other.eval(), x) != whole).sum())
    return [
        fact(say("about: after passes in train mode"), say("claimed: changes answers"),
             say("computed: changed", changed=changed["train"], of=len(x)),
             changed["train"] > len(x) // 4),
        fact(say("about: after passes in eval mode"), say("claimed: changes none"),
             say("computed: changed", changed=changed["eval"], of=len(x)), changed["eval"] == 0),
    ], say("how: drifting statistics")  # fmt: skip


def _answers(network: ResNet, x: Tensor) -> Tensor:
    with torch.inference_mode():
        return network(x).argmax(1)


def before_or_after() -> Found:
    """How skewed the values are that a batch norm would read, before and after the ReLU."""
    written = [out for path, out in on_board("resnet20").walk(pictures()) if ".conv" in path]
    before = median(_skewness(out) for out in written)
    after = median(_skewness(functional.relu(out)) for out in written)
    return [
        fact(
            say("about: skewness before relu"),
            say("claimed: symmetric"),
            f"{before:.2f}",
            before < 1,
        ),
        fact(
            say("about: skewness after relu"),
            say("claimed: skewed"),
            f"{after:.2f}",
            after > 2,
        ),
    ], say("how: before or after")


def residual_equation() -> Found:
    """F(x) = H(x) - x on a block of the network on board, before and after its last ReLU."""
    network = on_board("resnet20")
    block = network.get_submodule("layer1.1")
    assert isinstance(block, ResidualBlock)
    x = next(out for path, out in network.walk(pictures()) if path == "layer1.0.relu2")
    with torch.inference_mode():
        outputs = dict(block.walk(x))
    branch = outputs["bn2"]
    x = x.detach()
    gaps = [
        float((outputs[name] - x - branch).abs().max() / branch.abs().max())
        for name in ("add", "relu2")
    ]
    return [
        fact(
            say("about: before the last relu"),
            say("claimed: before the last relu"),
            say("computed: differ by", gap=gaps[0]),
            gaps[0] < 1e-5,
        ),
        fact(
            say("about: after the last relu"),
            say("claimed: after it"),
            say("computed: differ by", gap=gaps[1]),
            gaps[1] > 0.1,
        ),
    ], say("how: residual equation")


@cache
def on_board(name: str) -> ResNet:
    """A network that the app carries, in eval mode."""
    path = cards()[name].path
    return load(preset(name), read_state(path, path.name))


def pictures() -> Tensor:
    """The sample pictures and their mirror images, (24, 3, 32, 32)."""
    x = batch(preset("resnet20"), 32, _PICTURES)
    return torch.cat((x, x.flip(3)))


def _skewness(out: Tensor) -> float:
    """The median over the channels of |third moment| / deviation³."""
    values = out.detach().double().movedim(1, 0).flatten(1)
    centred = values - values.mean(1, keepdim=True)
    deviation = centred.pow(2).mean(1).sqrt().clamp(min=1e-6)
    return float((centred.pow(3).mean(1) / deviation**3).abs().median())
