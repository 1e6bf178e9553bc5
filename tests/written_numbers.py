"""Numbers as pages write them, read back."""

_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def value(text: str) -> float:
    """Of `0.012`, of `−3` and of `1.3 × 10¹⁹`."""
    mantissa, _, power = text.replace("−", "-").replace(",", "").partition(" × 10")
    return float(mantissa) * 10.0 ** int(power.translate(_RAISED) or 0)
