"""The paging benchmark, small: every key is there, and nothing is lost, doubled, forged or paged that must not be."""

from benchmarks import paging

KEYS = ("handover_p99_ms", "high_in_flood_ms", "rate_4_p50_ms", "bare_p99_ms", "ratio", "recovery_s", "timers_spread_p99_ms",
        "timers_burst_p99_ms", "flood_drained_s", "unknown_repeats")  # fmt: skip


async def test_a_small_run_has_every_figure_and_loses_and_doubles_nothing(kafka: str, postgres: str) -> None:
    plan = paging.Plan(seconds=2.5, rates=(4.0, 8.0), pages=20, timers_per_s=20.0, flood=120, medium=0.25, floods=1)
    found = await paging.measure(plan)
    assert {name: found[name] for name in ("lost", "doubled", "forged", "advisories_paged")} == dict.fromkeys(
        ("lost", "doubled", "forged", "advisories_paged"), 0
    )
    assert (found["seeded_pages"], found["flood_medium"]) == (20, 30)
    assert found["timers_spread"] == found["timers_burst"] == found["seeded_pages"]
    assert not [name for name in KEYS if found.get(name) is None]
