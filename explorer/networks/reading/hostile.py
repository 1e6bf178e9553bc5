"""Names that no training program writes into its files, and that those who attack do."""

from typing import Final

_MODULES: Final = frozenset(
    ("os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "runpy", "pty", "ctypes",
     "importlib", "code", "codeop", "marshal", "webbrowser", "commands", "platform", "signal",
     "multiprocessing", "asyncio", "pip")
)  # fmt: skip
_OFTEN_FOLDERS: Final = ("code", "commands", "platform", "signal")
"""Of these, people also make folders of their own programs, whose classes whole models name."""
_FUNCTIONS: Final = frozenset(
    ("eval", "exec", "execfile", "compile", "open", "file", "__import__", "input")
)
_TORCH: Final = ("torch.hub.", "torch.package.", "torch.serialization.load", "torch.load")


def is_hostile(asked: str) -> bool:
    """Whether a pickle that asks for this, such as "os.system", is one that attacks.

    Nothing is called in any case: this decides what is said of the file.
    """
    module, _, function = asked.rpartition(".")
    if module in ("builtins", "__builtin__"):
        return function in _FUNCTIONS
    first = module.split(".")[0]
    if first in _OFTEN_FOLDERS:
        return module == first
    return first in _MODULES or asked.startswith(_TORCH)
