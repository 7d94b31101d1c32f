"""`python -m bridges.simulator --port N`: the simulator as a process of its own, until it is interrupted."""

import argparse
import asyncio
import signal
import sys

from bridges.simulator import Simulator


async def serve(host: str, port: int, keep: int) -> None:
    """Listen and print the address; ends at SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Simulator(host, port, keep=keep) as simulator:
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bridges.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--keep", type=int, default=0, help="messages kept in each chat, and calls; 0 keeps all")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port, options.keep))


if __name__ == "__main__":
    main()
