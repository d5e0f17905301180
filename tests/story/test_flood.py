"""Two chairs and one nurse: scenario S16 of clinical 7.4."""

from tests.story.clinic import Clinic
from tests.story.timeline import paged, told

EVERYBODY = ("charge-1", "dr-lee", "nurse-1", "nurse-2")


async def test_s16_both_chairs_alarm_at_once_and_each_page_is_of_its_own(clinic: Clinic) -> None:
    first, second = await clinic.two_infusing()
    await clinic.quietly(4)
    await clinic.stage.advance(seconds=20)
    await clinic.measure(second, sys=166, dia=98, hr=112, spo2=98)
    await both(clinic, 40, first, {"spo2": 98, "hr": 72}, second, {"spo2": 98, "hr": 112})
    await both(clinic, 15, first, {"spo2": 89, "hr": 112}, second, {"spo2": 98, "hr": 112})
    await clinic.stage.advance(seconds=5)
    await clinic.show(first, spo2=89, hr=112)
    await clinic.measure(second, sys=168, dia=98, hr=112, spo2=98)
    assert sorted(page["text"] for page in clinic.pager.pages) == [
        "North chair 1: HIGH oxygen saturation low, since 08:07 UTC",
        "North chair 2: MEDIUM blood pressure high, since 08:07 UTC",
    ]
    await clinic.observe(second, nausea=5)

    # Nobody answers for half a minute; then the nurse is at chair 1, and chair 2 goes on up its ladder.
    await both(clinic, 35, first, {"spo2": 89, "hr": 112}, second, {"spo2": 98, "hr": 112})
    await clinic.acknowledge(first, "A7")
    await both(clinic, 95, first, {"spo2": 97, "hr": 72}, second, {"spo2": 98, "hr": 112})
    await clinic.measure(second, sys=202, dia=118)
    await clinic.stage.advance(seconds=10)
    await clinic.acknowledge(second, "A1")
    await both(clinic, 50, first, {"spo2": 97, "hr": 72}, second, {"spo2": 98, "hr": 72})
    await clinic.observe(second, nausea=1)
    await clinic.measure(second, sys=176, dia=104)
    await clinic.quietly(3)

    assert await told(clinic, first) == [
        (305, "A5 raised low: look"),
        (320, "A7 raised high: pause"),
        (355, "A7 answered by nurse-1"),
        (360, "A7 ended"),
        (360, "A5 ended"),
    ]
    assert await told(clinic, second) == [
        (260, "A1 raised low: look"),
        (260, "A5 raised low: look"),
        (320, "A1 from low to medium: slow to 50 %"),
        (320, "A12-nausea raised low: head up"),
        (450, "A1 from medium to emergency: stop, do not resume"),
        (460, "A1 answered by nurse-1"),
        (465, "A5 ended"),
        (510, "A12-nausea ended"),
        (510, "A1 from emergency to medium: slow to 50 %"),
        (570, "A1 ended"),
    ]
    assert await paged(clinic, first) == [
        (320, "nurse-1: chair 1 high"),
        (320, "nurse-1: chair 2 medium"),
        (350, "nurse-2: chair 1 high"),
        (440, "nurse-2: chair 2 medium"),
        *[(450, f"{who}: chair 2 emergency") for who in EVERYBODY],
    ]


async def both(
    clinic: Clinic, seconds: int, first: str, one: dict[str, float], second: str, other: dict[str, float], every: int = 5
) -> None:
    """Both monitors stream."""
    for _ in range(0, seconds, every):
        await clinic.stage.advance(seconds=every)
        await clinic.show(first, method="continuous", **one)
        await clinic.show(second, method="continuous", **other)
    await clinic.stage.settle()
