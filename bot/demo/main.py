"""`palier demo`: the commune with its page until Ctrl-C, or its scenes played and judged without a browser."""

import asyncio
import shutil
import signal
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx

from bot.demo.children import ChildError
from bot.demo.page import open_page
from bot.demo.resident import ResidentError
from bot.demo.script import play, write
from bot.demo.synapse import SynapseError
from bot.demo.town import COMMUNE, Unseen, open_town
from bridges.simulator import Rejected

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
LOGS = "simulator.log", "setup.log", "palier.log", "synapse/synapse.log"


def run(script: bool = False, port: int | None = None, keep: bool = False) -> int:  # noqa: FBT001, FBT002 - as the CLI calls it
    """Show the demo, and return the exit code: 0, or 1 where something failed or was not as it should be.

    `script`: play the scenes and end; else serve the page on `port`, or on a free one. `keep`: the folder with
    databases and logs stays.
    """
    return asyncio.run(guarded(script=script, port=port, keep=keep))


async def guarded(*, script: bool, port: int | None, keep: bool) -> int:
    """The demo, ended in order by the first Ctrl-C; further ones change nothing, since ending takes but a moment."""
    playing: asyncio.Task[int] | None = None

    def stop() -> None:
        if playing and not playing.cancelling():
            playing.cancel()

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    folder = Path(tempfile.mkdtemp(prefix="palier-demo-"))
    playing = asyncio.create_task(demo(folder, script=script, port=port))
    try:
        return await playing
    except asyncio.CancelledError:
        write("Tout est arrêté. / All stopped.")
        return 1 if script else 0
    except (ChildError, SynapseError, ResidentError, Rejected, Unseen, OSError, httpx.HTTPError) as error:
        write(f"La démonstration s'arrête : {error}")
        tell_logs(folder)
        return 1
    finally:  # while further signals still change nothing
        if keep:
            write(f"Gardé / kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def demo(folder: Path, *, script: bool, port: int | None) -> int:
    """Build the commune, then play in it, or let people play in it until cancelled."""
    began = time.monotonic()
    if port:
        check_port(port)
    write(f"{COMMUNE}, une commune fictive, sur cette machine seulement. / A fictional commune, on this machine only.")
    async with open_town(folder, lambda french, english: write(f"  {french} / {english}")) as town:
        if script:
            good = await play(town)
            verdict = "Chacun entend ce qu'il doit, et rien d'autre." if good else "Ce n'est pas ce qui devait être."
            write(f"{verdict} ({time.monotonic() - began:.0f} s)")
            if not good:
                tell_logs(folder)
            return 0 if good else 1
        await town.agree()
        async with open_page(town, port) as address:
            write(f"\nOuvrez / open   {address}   (Ctrl-C pour arrêter / to stop)")
            await asyncio.Event().wait()
    return 0


def check_port(port: int) -> None:
    """Find out before everything else has started whether the page can have its port; raises OSError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise OSError(f"le port {port} n'est pas libre / port {port} cannot be had") from error


def tell_logs(folder: Path) -> None:
    """The end of what each process wrote about itself; none of it holds people's words."""
    for name in LOGS:
        with suppress(OSError):
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
            write("\n".join([f"--- {name}", *lines]))


__all__ = ["run"]
