"""The starter of a real homeserver: it comes back as it was, says why it cannot, and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from bot.demo.resident import Resident
from bot.demo.synapse import Synapse, SynapseError
from tests.bridges.matrix_lab import until

STARTS = """
import asyncio, pathlib, sys, time
from bot.demo.synapse import Synapse
asyncio.run(Synapse(pathlib.Path(sys.argv[1])).start())
print("started", flush=True)
time.sleep(60)
"""


def servers(folder: Path) -> list[psutil.Process]:
    """The living processes of a server in this folder."""
    config, all_of_them = str(folder / "homeserver.yaml"), psutil.process_iter(["cmdline", "status"])
    living = [one for one in all_of_them if one.info["status"] != psutil.STATUS_ZOMBIE]
    return [one for one in living if config in (one.info["cmdline"] or ())]


async def test_the_same_server_comes_back_after_a_power_cut(tmp_path: Path) -> None:
    server = await Synapse(tmp_path).start()
    url, token = server.url, await server.register("ana", "secret", "Ana")
    async with Resident(url, "@ana:localhost", token) as ana:
        room = await ana.create_room("Tilleuls")
        said = await ana.send(room, "before")
        await server.kill()
        assert servers(tmp_path) == []
        async with Synapse(tmp_path) as again:
            assert again.url == url
            assert [line.event_id for line in await ana.timeline(room)] == [said]
            async with await Resident.login(url, "ana", "secret") as elsewhere:
                assert elsewhere.user == ana.user
        assert servers(tmp_path) == []


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Synapse(tmp_path)
    config = tmp_path / "homeserver.yaml"
    config.write_text(config.read_text().replace("sqlite3", "no-such-database"))
    with pytest.raises(SynapseError, match="no-such-database"):
        await server.start()
    assert servers(tmp_path) == []


async def test_the_server_goes_with_who_started_it(tmp_path: Path) -> None:
    command = sys.executable, "-c", STARTS, str(tmp_path)
    here = {**os.environ, "PYTHONPATH": "."}
    starter = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=here)
    assert starter.stdout and await starter.stdout.readline() == b"started\n"
    assert len(servers(tmp_path)) == 1
    starter.send_signal(signal.SIGKILL)
    await starter.wait()
    await until(lambda: not servers(tmp_path))
