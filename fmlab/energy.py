"""How much electricity a run takes: an estimate, and a word on how it was made.

With `codecarbon` installed, its tracker is asked. It reads a GPU's own meter, and the processor's
where the system shows one. A virtual machine shows none: there codecarbon *models* the power from
the processor's type and load, and the memory's from its size. Without codecarbon a fixed power is
assumed. Either way it is the whole machine, without cooling and without making the machine.

Source: codecarbon, https://mlco2.github.io/codecarbon/; Lacoste et al. 2019, arXiv:1910.09700.
"""

import logging
import os
import time
from importlib.metadata import version
from types import TracebackType
from typing import Any

import torch

ASSUMED_GPU_WATTS = {
    "T4": 70,
    "L4": 72,
    "A10": 150,
    "P100": 250,
    "V100": 300,
    "A100": 400,
    "H100": 700,
    "H200": 700,
}
"""The most a board may draw, by the maker's data sheet: an upper bound."""

ASSUMED_OTHER_GPU_WATTS = 250
ASSUMED_WATTS_A_THREAD = 10
"""For a processor: about its makers' limit shared out over its cores."""

SECONDS_BETWEEN_READINGS = 15.0

GRID_GRAMS_PER_KWH = {
    "India": 713,
    "China": 582,
    "Germany": 381,
    "United States": 369,
    "France": 56,
    "Sweden": 41,
}
"""Grams of CO2e for a kilowatt-hour of electricity in 2023, as codecarbon 3.3.2 has them."""

METHODS = {
    # (has a GPU, the processor has a meter of its own)
    (False, False): "modelled by codecarbon {version} from processor load and memory size",
    (False, True): "processor measured by its own meter, memory modelled (codecarbon {version})",
    (True, False): "GPU measured by its own meter, the rest modelled (codecarbon {version})",
    (True, True): "GPU and processor measured by their own meters, memory modelled "
    "(codecarbon {version})",
}
ASSUMED = "assumed: a constant {watts:.0f} W (codecarbon is not installed)"
READ_NOTHING = "assumed: a constant {watts:.0f} W (codecarbon read nothing)"


class _LastReading:
    """Receives codecarbon's figures, in the place of a file."""

    kwh = 0.0

    def out(self, total: Any, delta: Any) -> None:
        self.kwh = float(total.energy_consumed)

    live_out = out

    def task_out(self, data: Any, experiment_name: str) -> None:
        """Take no figures by task."""

    def exit(self) -> None:
        """Close nothing."""


class EnergyMeter:
    """Estimates the energy of what runs inside `with EnergyMeter() as meter:`.

    It prints nothing, leaves no file and asks no network. `kwh` may be read at any moment and
    often: between readings of the machine, one in 15 seconds, it goes on at the same power.

    Does not show: a measurement, unless `method` says so; nor the power of the screen, the
    network, the cooling, or the making of the machine.
    """

    def __init__(self, codecarbon: bool = True) -> None:
        """Choose whether codecarbon may be used where it is installed."""
        self._wanted = codecarbon
        self._tracker: Any = None
        self._reading = _LastReading()
        self._read_at, self._next_reading = 0.0, 1.0  # the first one soon, for short runs
        self._started: float | None = None
        self._stopped: float | None = None
        self._method, self._watts = "", 0.0

    def __enter__(self) -> "EnergyMeter":
        """Start."""
        if self._wanted:
            self._tracker = _tracker(self._reading)
        self._watts = assumed_watts()
        if self._tracker is None:
            self._method = ASSUMED.format(watts=self._watts)
        else:
            self._method = _how(self._tracker)
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and take the last reading."""
        self._stopped = time.perf_counter()
        if self._tracker is not None:
            self._tracker.stop()
            self._tracker = None
            if self._reading.kwh <= 0:
                self._method = READ_NOTHING.format(watts=self._watts)

    @property
    def seconds(self) -> float:
        """How long the block has run, or ran."""
        if self._started is None:
            return 0.0
        return (self._stopped or time.perf_counter()) - self._started

    @property
    def kwh(self) -> float:
        """The energy so far, in kilowatt-hours."""
        seconds = self.seconds
        if self._tracker is not None and seconds >= self._next_reading:
            self._tracker.flush()
            self._read_at = seconds
            self._next_reading = seconds + SECONDS_BETWEEN_READINGS
        if self._stopped is not None and self._reading.kwh > 0:
            return self._reading.kwh
        if self._read_at > 0 and self._reading.kwh > 0:
            return self._reading.kwh * seconds / self._read_at
        return self._watts * seconds / 3.6e6 if self._started is not None else 0.0

    @property
    def method(self) -> str:
        """How `kwh` came about: measured, modelled or assumed, by what."""
        return self._method


def assumed_watts() -> float:
    """Return a power for this machine when nothing can be read: a stated guess."""
    if not torch.cuda.is_available():
        return float(ASSUMED_WATTS_A_THREAD * torch.get_num_threads())
    boards = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return float(sum(_board_watts(board) for board in boards))


def _board_watts(board: str) -> int:
    words = board.replace("-", " ").split()  # "NVIDIA A100-SXM4-80GB", "Tesla T4"
    known = [watts for name, watts in ASSUMED_GPU_WATTS.items() if name in words]
    return known[0] if known else ASSUMED_OTHER_GPU_WATTS


def _tracker(reading: _LastReading) -> Any:
    """Return a started codecarbon tracker that reports to `reading` alone, or None."""
    try:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # it speaks before it is asked
        tracker = OfflineEmissionsTracker(
            country_iso_code="USA",  # it insists on one; only the energy is read
            log_level="critical",
            measure_power_secs=SECONDS_BETWEEN_READINGS,
            output_methods=[],
            output_handlers=[reading],
            # The user's own settings of codecarbon must not send or write anything here.
            output_dir=os.curdir,
            emissions_endpoint=None,
            electricitymaps_api_token=None,
            allow_multiple_runs=True,
        )
        tracker.start()
    except Exception:  # an optional extra must never end a training run
        return None
    return tracker


def _how(tracker: Any) -> str:
    """Say which parts codecarbon measures and which it models here."""
    parts = [str(part).lower() for part in getattr(tracker, "_conf", {}).get("hardware", [])]
    counters = ("rapl", "emi", "gadget", "applesilicon", "raspberry")
    own_meter = any(counter in part for part in parts for counter in counters)
    gpu = any(part.startswith("gpu") for part in parts)
    return METHODS[gpu, own_meter].format(version=version("codecarbon"))
