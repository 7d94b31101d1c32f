"""A typed client of the control API, for tests, the demo and fault runs."""

from bridges.simulator.client.link import Json, Rejected
from bridges.simulator.client.places import Places
from bridges.simulator.client.sight import Sight
from bridges.simulator.client.talk import Item, Talk
from bridges.simulator.client.trouble import Trouble

__all__ = ["Control", "Item", "Json", "Rejected"]


class Control(Places, Talk, Trouble, Sight):
    """Speaks to one simulator; use it as an async context manager, or call `close`."""
