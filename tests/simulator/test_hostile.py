"""Whatever is sent, the answer is one of the Bot API's: nothing breaks."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.simulator.media import SAMPLES
from bridges.simulator.methods import METHODS
from tests.simulator.conftest import Town

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
KEYS = st.sampled_from(["type", "media", "caption", "text", "offset", "length", "user", "id", "message_id", "quote"])
VALUES = st.recursive(
    LEAVES | st.sampled_from(["photo", "bold", "attach://a", "[]", "{}", "HTML", "https://a.fr", "text_mention"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.parametrize("name", sorted(method.name for method in METHODS.values()))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_odd_parameters(town: Town, name: str, data: st.DataObject) -> None:
    parameters = METHODS[name.lower()].parameters
    given_ = data.draw(st.dictionaries(st.sampled_from(parameters or ("x",)), VALUES, max_size=5))
    if "chat_id" in parameters and data.draw(st.booleans()):
        given_["chat_id"] = town.group
    if "timeout" in given_ or "url" in given_:
        given_ |= {"timeout": 0, "url": ""}
    answer = await town.api.http.post(f"/bot{town.api.token}/{name}", json=given_)
    told = answer.json()
    assert told["ok"] if answer.status_code == 200 else told["error_code"] == answer.status_code < 500


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n", b'--x\r\nContent-Disposition: form-data; name="photo"'])
async def test_forms_that_are_none(town: Town, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await town.api.http.post(f"/bot{town.api.token}/sendPhoto", content=body, headers=headers)
    assert answer.status_code == 400 and not answer.json()["ok"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(path.name for path in SAMPLES.iterdir())),
    kind=st.sampled_from(["photo", "video", "animation", "video_note", "voice", "audio", "document", "sticker"]),
    cut=st.integers(0, 400),
    noise=st.binary(max_size=40),
)
async def test_broken_files(town: Town, name: str, kind: str, cut: int, noise: bytes) -> None:
    data = (SAMPLES / name).read_bytes()[:cut] + noise
    method = "send" + kind.title().replace("_", "")
    files: Any = {kind: (name, data)}
    answer: httpx.Response = await town.api.http.post(
        f"/bot{town.api.token}/{method}", data={"chat_id": str(town.group)}, files=files
    )
    assert answer.status_code in (200, 400)
