"""The control API: what residents do, and what befalls the network, said by tests, the demo and the chat page."""

from bridges.simulator.control.places import Places
from bridges.simulator.control.sight import Sight
from bridges.simulator.control.talk import Talk
from bridges.simulator.control.trouble import Trouble

__all__ = ["Control"]


class Control(Places, Talk, Trouble, Sight):
    """Every request of the control API is one method: JSON in, JSON out; `LookupError` and `ValueError` are 400."""
