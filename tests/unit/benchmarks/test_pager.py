"""The provider of the paging benchmark: what it takes, and what it counts as doubled, repeated or forged."""

import json

import pytest

from benchmarks.pager import Call, Pager
from kit.errors import Rejected
from kit.webhooks import post_signed

SECRET = "a secret of this test"


async def tell(pager: Pager, message_id: str, staff_id: str = "nurse", step: int = 0, secret: str = SECRET) -> None:
    body = json.dumps({"page_id": "page", "staff_id": staff_id, "step": step}).encode()
    await post_signed(f"{pager.url}/nurse", body, secret=secret, message_id=message_id)


async def test_what_is_signed_is_taken_and_what_is_not_is_refused() -> None:
    async with Pager(SECRET) as pager:
        await tell(pager, "one")
        with pytest.raises(Rejected, match="401"):
            await tell(pager, "two", secret="another secret of this test")
    [call] = pager.calls
    assert (call.message_id, call.page_id, call.staff_id, call.step, pager.forged) == ("one", "page", "nurse", 0, 1)
    assert pager.first_by_page() == {"page": call.at}


def test_a_repeat_keeps_its_key_and_a_double_has_another() -> None:
    pager = Pager(SECRET)
    for at, (message, staff, step) in enumerate([("a", "x", 0), ("a", "x", 0), ("b", "x", 1), ("c", "y", 0), ("d", "x", 0)]):
        pager.calls.append(Call(message, "page", staff, step, at))
    assert (pager.unknown_repeats(), pager.doubled()) == (1, 1)
    assert pager.first_by_page() == {"page": 0}
