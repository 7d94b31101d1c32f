"""How calls travel: tokens, encodings, unknown methods and parameters."""

import asyncio
import json

import httpx
import pytest

from tests.simulator.conftest import Town


async def test_a_bot_knows_itself(town: Town) -> None:
    me = await town.api("getMe")
    assert me["id"] == town.bot and me["username"] == "palier_bot"
    assert me["can_join_groups"] and not me["can_read_all_group_messages"]


async def test_tokens_and_methods_that_do_not_exist(town: Town) -> None:
    http = town.api.http
    unknown = await http.get("/bot123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/getMe")
    assert unknown.status_code == 401
    assert unknown.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert (await http.get("/botnonsense/getMe")).json()["description"] == "Not Found"
    missing = await http.get(f"/bot{town.api.token}/getNothing")
    assert missing.status_code == 404 and missing.json()["description"] == "Not Found: method not found"


async def test_a_revoked_token_is_refused(town: Town) -> None:
    await town.control.settings(revoke=town.api.token)
    assert (await town.api.http.get(f"/bot{town.api.token}/getMe")).status_code == 401


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json"])
async def test_parameters_come_in_four_ways(town: Town, way: str) -> None:
    path, http = f"/bot{town.api.token}/SENDMESSAGE", town.api.http
    markup = {"inline_keyboard": [[{"text": "Oui", "callback_data": "yes"}]]}
    params = {"chat_id": str(town.group), "text": "é & +", "reply_markup": json.dumps(markup)}
    match way:
        case "query":
            answer = await http.get(path, params=params)
        case "form":
            answer = await http.post(path, data=params)
        case "multipart":
            answer = await http.post(path, files={name: (None, value) for name, value in params.items()})
        case _:
            answer = await http.post(path, json=params | {"reply_markup": markup, "chat_id": town.group})
    result = answer.json()["result"]
    assert result["text"] == "é & +" and result["reply_markup"] == markup


async def test_json_that_cannot_be_read(town: Town) -> None:
    path = f"/bot{town.api.token}/sendMessage"
    broken = await town.api.http.post(path, content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400
    words = await town.api.refused("sendMessage", chat_id=town.group, text="a", reply_markup="{")
    assert words == "can't parse reply keyboard markup JSON object"


async def test_unknown_parameters_are_ignored_but_noted(town: Town) -> None:
    await town.api("sendMessage", chat_id=town.group, text="a", colour="red")
    call = (await town.control.calls())[-1]
    assert call["unknown"] == ["colour"] and call["status"] == 200
    assert call["method"] == "sendMessage" and call["params"]["text"] == "a" and call["bot"] == town.bot
    assert await town.control.calls(since=call["n"]) == []


async def test_the_control_api_says_what_is_wrong(town: Town) -> None:
    http: httpx.AsyncClient = town.api.http
    assert (await http.post("/control/users", json={})).json() == {"error": "missing or unknown: first_name"}
    assert (await http.post("/control/users", content=b"{")).status_code == 400
    assert (await http.post("/control/users", json=[])).status_code == 400
    assert (await http.get("/control/view", params={"chat": 5, "user": town.alice})).status_code == 400
    assert (await http.post("/control/settings", json={"colour": 1})).status_code == 400


async def test_what_a_person_sees(town: Town) -> None:
    first = await town.say("un")
    await town.control.say(town.group, town.bruno, "deux", reply_to=first["message_id"], quote="un")
    await town.control.react(town.group, town.chloe, first["message_id"], "👍", "🔥")
    await town.control.edit(town.group, town.alice, first["message_id"], "un *")
    view = await town.control.view(town.group, town.chloe)
    one, two = view["messages"][-2:]
    assert one["text"] == one["html"] == "un *" and one["edited"] and one["from"]["name"] == "Alice Martin"
    assert one["reactions"] == {"👍": [town.chloe], "🔥": [town.chloe]} and one["buttons"] == []
    assert two["reply_to"] == one["message_id"] and two["quote"] == "un" and not two["edited"]
    await town.control.delete(town.group, town.alice, first["message_id"])
    assert await town.texts(town.chloe) == ["deux"]
    outsider = await town.control.user("Dora")
    assert await town.control.view(town.group, outsider) == {"messages": [], "pinned": []}
    some = await town.api.http.get("/control/view", params={"chat": town.group, "user": town.chloe, "last": 1})
    assert [m["text"] for m in some.json()["messages"]] == ["deux"]


async def test_the_world_tells_who_is_there_and_who_polls(town: Town) -> None:
    (bot,) = (await town.control.world())["bots"]
    assert not bot["polling"] and bot["waiting"] == 0
    poll = asyncio.create_task(town.api("getUpdates", timeout=20))
    while not (await town.control.world())["bots"][0]["polling"]:
        await asyncio.sleep(0.01)
    await town.say("bonjour")
    await poll
    world = await town.control.world()
    assert world["bots"][0]["waiting"] == 1 and not world["bots"][0]["polling"]
    assert [user["first_name"] for user in world["users"]] == ["Alice", "Bruno", "Chloé"]
    assert world["chats"][0]["members"][str(town.alice)] == "creator"
