"""The simulator's methods and their parameters are those of the Bot API."""

from bridges.simulator.methods import METHODS
from tests.simulator.spec import faults, spec


def test_every_method_reads_just_the_parameters_that_it_has() -> None:
    for method in METHODS.values():
        described = {field["name"] for field in spec()["methods"][method.name]["fields"]}
        assert set(method.parameters) == described, method.name


def test_the_check_itself_finds_what_is_wrong() -> None:
    user = {"id": 1, "is_bot": False, "first_name": "A"}
    assert not faults(user, ["User"], "user")
    assert faults(user | {"id": "1"}, ["User"], "user")
    assert faults(user | {"nickname": "A"}, ["User"], "user")
    assert faults({"id": 1, "is_bot": False}, ["User"], "user")
    assert faults([user, 1], ["Array of User"], "users")
    assert faults({"inline_keyboard": [[{"callback_data": "x"}]]}, ["InlineKeyboardMarkup"], "markup")
