"""The library's HTTP side: calls by aiohttp, which takes a third of httpx's time; files by httpx, which streams them.

What fails is told in httpx's words, whichever of the two it was, so that `errors.FAILURES` knows one vocabulary.
"""

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData

CONNECT, READ = 10.0, 30.0  # seconds
KEPT = 30.0  # seconds that an idle connection is kept: less than servers do, or one is used that was just closed


class QuickRequest(HTTPXRequest):
    """At most `size` connections for calls, and as many for files."""

    def __init__(self, size: int) -> None:
        super().__init__(connection_pool_size=size)
        self._size = size
        self._session: aiohttp.ClientSession | None = None

    async def do_request(  # noqa: PLR0917 - as the library has it
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """See `BaseRequest.do_request`: status and body, or NetworkError."""
        if request_data and request_data.multipart_data:
            waits = (read_timeout, write_timeout, connect_timeout, pool_timeout)
            return await super().do_request(url, method, request_data, *waits)
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._size, keepalive_timeout=KEPT)
            about: dict[str, Any] = {"headers": {"User-Agent": self.USER_AGENT}, "cookie_jar": aiohttp.DummyCookieJar()}
            # aiohttp itself would read the environment, in two threads, before each call.
            self._session = aiohttp.ClientSession(connector=connector, proxy=proxy_for(url), **about)
        read = READ if isinstance(read_timeout, DefaultValue) else read_timeout
        # The last of them is for a server that stops reading, which the others do not notice.
        timeout = aiohttp.ClientTimeout(connect=CONNECT, sock_read=read, total=CONNECT + read)
        data = request_data.json_parameters if request_data else None
        failure: httpx.HTTPError
        try:
            ask = self._session.request(method, url, data=data, timeout=timeout, allow_redirects=False)
            async with ask as response:
                return response.status, await response.read()
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            failure = httpx.ConnectError(type(error).__name__)
        except TimeoutError:
            failure = httpx.ReadTimeout("no answer")
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
            failure = httpx.RemoteProtocolError(type(error).__name__)
        except (aiohttp.InvalidURL, ValueError) as error:
            failure = httpx.UnsupportedProtocol(type(error).__name__)
        except (aiohttp.ClientError, OSError) as error:
            failure = httpx.ReadError(type(error).__name__)
        # Raised here, after what aiohttp raised was let go of: that one names the address, hence the token.
        raise (TimedOut() if isinstance(failure, httpx.TimeoutException) else NetworkError(str(failure))) from failure

    async def shutdown(self) -> None:
        """Let go of connections."""
        await super().shutdown()
        if self._session:
            await self._session.close()
            self._session = None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`, ...) for a server, if any."""
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)
