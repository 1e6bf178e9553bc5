"""A network as one file of PyTorch, free of every switch that this network does not use.

The text is put together from the blueprint. A test executes it for every preset and holds its
state-dict keys and outputs against the app's own network.
"""

from explorer.architecture import Blueprint, NetworkSpec
from explorer.architecture.image_size import sides
from explorer.architecture.plan import stem as stem_plan
from explorer.views.source_block import block_source, squeeze_excitation_source
from explorer.views.source_traits import INDENT, Traits


def module_source(bp: Blueprint, title: str) -> str:
    """Python source of the network: needs torch only, and has the app's state-dict keys."""
    traits = Traits.of(bp)
    parts = [_head(bp, title, traits)]
    parts += [squeeze_excitation_source(traits)] if bp.spec.se_ratio else []
    parts += [block_source(traits), _network(bp, title, traits)]
    return "\n\n\n".join([*parts, _stage(traits), _usage(bp)]) + "\n"


def _head(bp: Blueprint, title: str, traits: Traits) -> str:
    stride = ", s is the stride" if traits.strided else ""
    grouped = bp.spec.norm == "group" and not traits.divides
    imports = "\nfrom math import gcd\n" if grouped else ""
    size = "x".join(map(str, sides(bp.image_size)))
    return f'''"""{title}: {bp.params:,} parameters, {bp.macs:,} MACs.

Needs PyTorch only. Lines end with the shape of their result: N images, C channels,
H x W pixels{stride}. MACs and sizes are those of a {size} image.
"""
{imports}
import torch
from torch import Tensor, nn
from torch.nn import functional as F'''


def _class(spec: NetworkSpec) -> str:
    return "PlainNet" if spec.shortcut == "none" else "ResNet"


def _network(bp: Blueprint, title: str, traits: Traits) -> str:
    spec = bp.spec
    lines = [
        f"class {_class(spec)}(nn.Module):",
        f'    """{title}."""',
        "",
        f"    def __init__(self, num_classes: int = {spec.num_classes}) -> None:",
        f"{INDENT}super().__init__()",
    ]
    lines += [f"{INDENT}{line}" for line in _stem_layers(bp, traits)]
    lines += [f"{INDENT}{line}" for line in _stage_calls(bp, traits)]
    features = bp.feature_op.out_shape[0]
    if any(op.path == "final_bn" for op in bp.head.ops):
        lines.append(f"{INDENT}self.final_bn = {traits.norm(str(features))}")
    lines.append(f"{INDENT}self.fc = nn.Linear({features}, num_classes)")
    lines += [f"{INDENT}{line}" for line in _initialisation(spec)]
    lines += ["", "    def forward(self, x: Tensor) -> Tensor:"]
    lines += [f"{INDENT}{line}" for line in _network_forward(bp)]
    return "\n".join(lines)


def _stem_layers(bp: Blueprint, traits: Traits) -> list[str]:
    """The convolutions with what is learned beside them; several make one nn.Sequential."""
    spec, channels = bp.spec, str(bp.spec.in_channels)
    inside, lines = [], []
    for name, kind, planned in stem_plan(spec):
        layer = "nn.MaxPool2d(3, stride=2, padding=1)"
        if planned is not None:
            outputs, kernel, stride = str(planned.channels), planned.kernel, planned.stride
            strided = f"stride={stride}" if stride > 1 else ""
            bias = spec.conv_bias or spec.stem_bias
            layer = traits.conv(channels, outputs, kernel, strided, bias=bias)
            channels = outputs
        elif kind == "norm":
            layer = traits.norm(channels)
        elif kind == "relu":
            layer = "nn.ReLU()"
        if "." in name:
            inside.append((name, layer))
        elif kind != "relu":
            lines.append(f"self.{name} = {layer}")
    return _sequential(inside) + lines if inside else lines


def _sequential(layers: list[tuple[str, str]]) -> list[str]:
    """conv1 as a sequence; a number left out where nothing is normalised keeps its place."""
    wanted = dict(layers)
    last = max(int(name.split(".")[1]) for name in wanted)
    inside = [wanted.get(f"conv1.{number}", "nn.Identity()") for number in range(last + 1)]
    return ["self.conv1 = nn.Sequential(", *(f"    {layer}," for layer in inside), ")"]


def _stage_calls(bp: Blueprint, traits: Traits) -> list[str]:
    spec, lines = bp.spec, []
    for index, (stage, width) in enumerate(zip(bp.stages, spec.widths, strict=True)):
        arguments = [str(stage.in_shape[0]), f"width={spec.inner_width(width)}"]
        if traits.changed_widths:
            arguments.append(f"out_channels={width * spec.expands_by}")
        arguments.append(f"blocks={len(stage.blocks)}")
        stride, first_dilation, dilation = spec.stage_steps[index]
        arguments += [f"stride={stride}"] if traits.strided else []
        if traits.dilated:
            arguments += [f"first_dilation={first_dilation}", f"dilation={dilation}"]
        arguments += ["first=True"] if traits.first_shares and index == 0 else []
        call = f"self.{stage.path} = stage({', '.join(arguments)})"
        if len(call) <= 92:
            lines.append(call)
        else:
            lines += [f"self.{stage.path} = stage(", f"    {', '.join(arguments)}", ")"]
    return lines


def _initialisation(spec: NetworkSpec) -> list[str]:
    lines = [
        "for layer in self.modules():",
        "    if isinstance(layer, nn.Conv2d):",
        '        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")',
    ]
    if spec.conv_bias:
        return [*lines, "        nn.init.zeros_(layer.bias)"]
    if spec.stem_bias or spec.se_ratio:
        lines += ["        if layer.bias is not None:", "            nn.init.zeros_(layer.bias)"]
    return lines


def _network_forward(bp: Blueprint) -> list[str]:
    spec, stem = bp.spec, {op.name: op for op in bp.stem.ops}

    def shape(values: tuple[int, ...]) -> str:
        return f"# (N, {', '.join(map(str, values))})"

    value = "self.conv1(x)"
    value = f"self.bn1({value})" if "bn1" in stem else value
    value = f"F.relu({value})" if "relu" in stem else value
    conv = next(op for op in reversed(bp.stem.ops) if op.kind == "conv")
    lines = [f"x = {value}  {shape(conv.out_shape)}"]
    if "maxpool" in stem:
        lines.append(f"x = self.maxpool(x)  {shape(stem['maxpool'].out_shape)}")
    lines += [f"x = self.{stage.path}(x)  {shape(stage.out_shape)}" for stage in bp.stages]
    if spec.activation_order == "pre" and spec.final_norm:
        last = "self.final_bn(x)" if spec.norm != "none" else "x"
        lines.append(f"x = F.relu({last})  {shape(bp.feature_op.out_shape)}")
    pooled = bp.feature_op.out_shape[:1]
    lines.append(f"x = x.mean(dim=(2, 3))  {shape(pooled)}, global average pooling")
    return [*lines, f"return self.fc(x)  {shape((spec.num_classes,))}"]


def _stage(traits: Traits) -> str:
    names = ["in_channels", "width", *(["out_channels"] if traits.changed_widths else [])]
    typed = [f"{name}: int" for name in (*names, "blocks")]
    typed += ["stride: int"] if traits.strided else []
    typed += ["first_dilation: int", "dilation: int"] if traits.dilated else []
    typed += ["first: bool = False"] if traits.first_shares else []
    signature = f"def stage({', '.join(typed)}) -> nn.Sequential:"
    if len(signature) > 100:
        signature = f"def stage(\n    {', '.join(typed)}\n) -> nn.Sequential:"
    opening = [*names, *(["stride"] if traits.strided else [])]
    basic, expands_by = traits.spec.block == "basic", traits.spec.expands_by
    if traits.dilated:
        opening += ["first_dilation", *(["dilation"] if basic else [])]
    opening += ["first"] if traits.first_shares else []
    out = "width" if expands_by == 1 else f"{expands_by} * width"
    out = "out_channels" if traits.changed_widths else out
    later = [out, *names[1:], *(["1"] if traits.strided else [])]
    if traits.dilated:
        later += ["dilation", *(["dilation"] if basic else [])]
    return f'''{signature}
    """Blocks in a row, of which only the first may change the shape."""
    layers = [{traits.block}({", ".join(opening)})]
    layers += [{traits.block}({", ".join(later)}) for _ in range(blocks - 1)]
    return nn.Sequential(*layers)'''


def _usage(bp: Blueprint) -> str:
    spec, size = bp.spec, ", ".join(map(str, bp.in_shape[1:]))
    return f"""if __name__ == "__main__":
    network = {_class(spec)}().eval()
    print(f"{{sum(p.numel() for p in network.parameters()):,}} parameters")  # {bp.params:,}
    images = torch.rand(1, {spec.in_channels}, {size})  # (N, C, H, W)
    with torch.inference_mode():
        print(network(images).shape)  # (1, {spec.num_classes})"""
