"""How fast a GPU could be at most: dense bfloat16 or float16 on its tensor cores, by its maker.

NVIDIA's sheets give twice as much for newer chips, "with sparsity": half of it is dense.
"""

import re
from dataclasses import dataclass

DATACENTRE = "https://www.nvidia.com/en-us/data-center/"


@dataclass(frozen=True)
class Peak:
    """One kind of GPU.

    Attributes:
        pattern: What the name that CUDA gives must hold; the first that fits is it.
        flops_per_second: Dense.
        source: Where that stands.
    """

    pattern: str
    flops_per_second: float
    source: str


PEAKS = (
    Peak(r"H200 NVL", 1671e12 / 2, DATACENTRE + "h200/"),
    Peak(r"H200", 1979e12 / 2, DATACENTRE + "h200/"),
    Peak(r"GH200", 1979e12 / 2, DATACENTRE + "grace-hopper-superchip/"),
    Peak(r"H100 NVL", 1671e12 / 2, DATACENTRE + "h100/"),
    Peak(r"H100 PCIe", 1513e12 / 2, DATACENTRE + "h100/"),
    Peak(r"H100", 1979e12 / 2, DATACENTRE + "h100/"),
    Peak(r"A100", 312e12, DATACENTRE + "a100/"),
    Peak(r"A10", 125e12, DATACENTRE + "products/a10-gpu/"),
    Peak(r"L40S", 362.05e12, DATACENTRE + "l40s/"),
    Peak(r"L4", 242e12 / 2, DATACENTRE + "l4/"),
    Peak(r"V100-SXM\S*", 125e12, DATACENTRE + "v100/"),
    Peak(r"V100-PCIE\S*", 112e12, DATACENTRE + "v100/"),
    Peak(r"T4", 65e12, DATACENTRE + "tesla-t4/"),
)


def peak_of(name: str) -> Peak | None:
    """Return the peak of the GPU that CUDA calls `name`, or None where it is not known here."""
    for peak in PEAKS:
        if re.search(rf"(?<!\w){peak.pattern}(?!\w)", name):
            return peak
    return None
