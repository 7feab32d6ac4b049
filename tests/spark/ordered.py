"""Changes the deciding code in the executors of the tests' cluster, whose Python runs a copy of this at its start.

The order is a file in the folder that OFFDUTY_ORDERS names: `settle sleep`, `settle raise`, `settle raise once`,
`settle die once`, or nothing. Each call of `settle_in_order` leaves a note in that folder.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

NAP_S = 0.4


def disturb(orders: Path) -> None:
    """Wrap `settle_in_order`, which has whole officers with all their positions."""
    from offduty.engines import local

    settle = local.settle_in_order

    def disturbed(waiting: Any, reference: Any) -> Any:
        order = orders.joinpath("order").read_text().split() if orders.joinpath("order").exists() else []
        orders.joinpath(f"came-by-{os.getpid()}").touch()
        if order and order[-1] == "once":
            order = order if _first(orders) else []
        if order[1:2] == ["sleep"]:
            time.sleep(NAP_S)
        if order[1:2] == ["die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        if order[1:2] == ["raise"]:
            raise ValueError(
                f"at {waiting.lon.tolist()[:50]} {waiting.lat.tolist()[:50]} {list(reference.timeline.officers)}"
            )
        return settle(waiting, reference)

    local.settle_in_order = disturbed


def _first(orders: Path) -> bool:
    """Whether no process has done it yet."""
    try:
        os.close(os.open(orders / "done", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


if "OFFDUTY_ORDERS" in os.environ:
    disturb(Path(os.environ["OFFDUTY_ORDERS"]))
