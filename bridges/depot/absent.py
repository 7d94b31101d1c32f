"""How long a file that does not come is waited for: all that is said after it in a chat waits as long."""

import time
from collections import OrderedDict
from collections.abc import Callable

LONG, SHORT, LATELY = 900.0, 60.0, 3600.0  # seconds
_MOST = 1000


class Absent:
    """Files that could not be fetched, and since when.

    Their network may be away, and then so is what comes after them; or the server that had this one is gone for good.
    Nobody says which. So a file is given up after `LONG`, but after `SHORT` where something else of its network came
    meanwhile, or another one was given up within `LATELY`: else whoever sends such files could silence a chat.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: OrderedDict[int, float] = OrderedDict()  # hashes: a source may hold keys
        self._came: dict[str, float] = {}
        self._given_up: dict[str, float] = {}

    def came(self, network: str, source: str) -> None:
        """The network has answered about this file."""
        self._since.pop(hash((network, source)), None)
        self._came[network] = self._clock()

    def failed(self, network: str, source: str) -> bool:
        """It did not come again; whether it is given up now."""
        now, key = self._clock(), hash((network, source))
        since = self._since.setdefault(key, now)
        if len(self._since) > _MOST:
            self._since.popitem(last=False)
        alone = self._came.get(network, since) > since or now - self._given_up.get(network, -LATELY) < LATELY
        if now - since < (SHORT if alone else LONG):
            return False
        self._since.pop(key, None)
        self._given_up[network] = now
        return True
