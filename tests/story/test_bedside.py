"""The bedside, told: S10 to S15 and S20 of clinical 7.4, each with everything that is said, and nothing else."""

from schemas.monitoring.sessions import SESSIONS, FollowUpCallDue, PatientDischarged, PatientLeftAgainstAdvice
from tests.drug import DRUGS, account_for_drug, person, said
from tests.story.bedside import deny, gate, look, pump, pumping, recovering, refused, seconds
from tests.story.clinic import WELL, Clinic, ok
from tests.story.timeline import paged, told


async def test_s10_panic_pauses_the_infusion_until_it_is_over(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(12)
    await look(clinic, session, moaas=5, diss_obs=4)
    await clinic.stage.advance(seconds=20)
    await clinic.acknowledge(session, "A11")
    await clinic.infusion(session, "pause", reason="panic: one to one")
    await clinic.quietly(2)
    await look(clinic, session, diss_obs=3)
    await clinic.quietly(2)
    await look(clinic, session, diss_obs=2)
    await clinic.infusion(session, "resume", rate_percent=50, reason="calm again")
    await clinic.resolve(session, "A11", "true-intervened")
    await clinic.quietly(5)
    assert await told(clinic, session) == [
        (720, "A11 raised high: slow or pause"),
        (740, "A11 answered by nurse-1"),
        (980, "A11 ended"),
        (980, "A11 was true-intervened"),
    ]
    assert await paged(clinic, session) == [(720, "nurse-1: chair 1 high")]


async def test_s11_vomiting_while_sedated_is_high_and_each_cause_has_its_own_end(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(15)
    await look(clinic, session, moaas=3, diss_obs=1, nausea=8, vomiting=1)
    await clinic.stage.advance(seconds=15)
    await clinic.acknowledge(session, "A12")
    await clinic.acknowledge(session, "A10")
    await clinic.infusion(session, "pause", reason="on the side, suction")
    await clinic.quietly(3)
    await look(clinic, session, moaas=4, diss_obs=1, nausea=2, vomiting=0)
    await clinic.quietly(3)
    await look(clinic, session, moaas=5, diss_obs=0)
    await clinic.infusion(session, "stop", reason="enough for today")
    await clinic.quietly(2)
    assert await told(clinic, session) == [
        (900, "A12 raised high: pause"),
        (900, "A10 raised medium: slow or pause"),
        (900, "A14 raised low: look"),
        (915, "A12 answered by nurse-1"),
        (915, "A10 answered by nurse-1"),
        (1095, "A12 ended"),
        (1095, "A14 ended"),
        (1275, "A10 ended"),
    ]
    # The medium one waits until the high one is answered: nobody was told of it yet.
    assert await paged(clinic, session) == [(900, "nurse-1: chair 1 high"), (915, "nurse-1: chair 1 medium")]


async def test_s12_apnoea_calls_everybody_at_its_twentieth_second(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(10)
    await clinic.measure(session, method="continuous", hr=72, spo2=97, rr=0)
    await clinic.stream(20, 5, hr=72, spo2=97, rr=0)
    await clinic.stage.advance(seconds=2)
    await clinic.acknowledge(session, "A8-low")
    await clinic.stage.advance(seconds=3)
    await clinic.measure(session, method="continuous", hr=76, spo2=97, rr=14)
    await clinic.infusion(session, "stop", reason="no breath for 25 s; stimulated, airway")
    await clinic.stream(60, 5, hr=76, spo2=97, rr=14)
    await clinic.quietly(3)
    assert await told(clinic, session) == [
        (620, "A8-low raised emergency: pause"),
        (622, "A8-low answered by nurse-1"),
        (625, "A8-low ended"),
    ]
    everybody = ("charge-1", "dr-lee", "nurse-1", "nurse-2")
    assert await paged(clinic, session) == [(620, f"{who}: chair 1 emergency") for who in everybody]


async def test_s13_a_high_suicide_risk_keeps_the_patient_until_a_provider_has_evaluated_it(clinic: Clinic) -> None:
    session = await recovering(clinic)
    assert await gate(clinic, session) == []
    answers = {"q1": True, "q2": True, "q3": False, "q4": True, "q5": False, "q6": "no"}
    screened = seconds(clinic, session)
    found = await ok(clinic.monitoring.post(f"/sessions/{session}/rescreen", json={"answers": answers}))
    assert (found["level"], found["advice"].split(";")[0]) == ("HIGH", "do not leave alone: one to one")
    await clinic.stage.settle()
    assert await refused(clinic, f"/sessions/{session}/discharge") == "the session is RECOVERY"
    blocked = await gate(clinic, session)
    assert [line.split(":")[0] for line in blocked] == ["suicide_rescreen", "alarms_answered", "alarms_resolved"]
    await clinic.stage.advance(seconds=70)
    alarm = await clinic.alarm(session, "SUICIDE-RISK")
    await ok(clinic.provider.post(f"/alarms/{alarm['alarm_id']}/acknowledgement", json={}))
    await clinic.quietly(4)

    # Evaluated: a provider takes it back with a reason, signs, and somebody says what the alarm was.
    for path, body in (("", {"level": "MODERATE", "reason": "evaluated, safety plan, means"}), ("/signature", None)):
        await ok(clinic.provider.post(f"/sessions/{session}/rescreen{path}", json=body))
    assert [line.split(":")[0] for line in await gate(clinic, session)] == ["alarms_resolved"]
    await clinic.resolve(session, "SUICIDE-RISK", "true-intervened")
    assert await gate(clinic, session) == []
    await ok(clinic.monitoring.post(f"/sessions/{session}/discharge"))
    await clinic.stage.settle()
    assert [(at - screened, words) for at, words in await told(clinic, session)] == [
        (0, "SUICIDE-RISK raised high: do not leave alone: one to one"),
        (70, "SUICIDE-RISK answered by dr-lee"),
        (310, "SUICIDE-RISK ended"),
        (310, "SUICIDE-RISK was true-intervened"),
    ]
    assert [(at - screened, who) for at, who in await paged(clinic, session)] == [
        (0, "dr-lee: chair 1 high"),
        (0, "nurse-1: chair 1 high"),
        (30, "nurse-2: chair 1 high"),
        (60, "dr-lee: chair 1 high"),
    ]
    text = clinic.pager.pages[0]["text"]
    assert text.startswith("North chair 1: HIGH prescriber needed before discharge, since")
    assert len(await clinic.events(SESSIONS, PatientDischarged)) == 1


async def test_s14_without_an_escort_nobody_is_discharged_and_who_leaves_is_called(clinic: Clinic) -> None:
    session = await recovering(clinic)
    await deny(
        clinic,
        session,
        escort_present="did not come",
        escort_identity="nobody to match",
        escort_accompanies="wants to take a taxi",
    )
    blocked = [
        "escort_present: escort not here: did not come",
        "escort_identity: escort's identity not matched: nobody to match",
        "escort_accompanies: a ride alone is not accepted: the escort must go with the patient: wants to take a taxi",
    ]
    assert await gate(clinic, session) == blocked
    assert await refused(clinic, f"/sessions/{session}/discharge") == "the session is RECOVERY"
    leaves = {"reason": "will not wait any longer", "escort_called": False}
    left = await ok(clinic.monitoring.post(f"/sessions/{session}/departure", json=leaves))
    assert (left["phase"], left["missing"], left["todo"]) == ("LEFT", blocked, ["call the escort now"])
    [event] = await clinic.events(SESSIONS, PatientLeftAgainstAdvice)
    assert [fact.id for fact in event.missing] == [line.split(":")[0] for line in blocked]
    await clinic.stage.advance(minutes=60 * 24)
    due = await clinic.events(SESSIONS, FollowUpCallDue)
    assert [(call.after, (call.due_at - event.left_at).total_seconds() / 3600) for call in due] == [
        ("departure", 1),
        ("departure", 24),
    ]
    assert (await told(clinic, session), await paged(clinic, session)) == ([], [])


async def test_s15_a_pump_that_runs_too_fast_or_does_not_stop_is_told_at_once(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await ok(clinic.monitoring.put("/devices/pump-1/binding", json={"session_id": session}))
    ordered = (await ok(clinic.monitoring.get(f"/sessions/{session}")))["infusion"]
    rate, volume = ordered["rate_ml_per_hour"], ordered["volume_ml"]
    await pumping(clinic, 5, rate=rate, volume=volume / 8)
    await pumping(clinic, 1, rate=rate * 1.05, volume=volume / 7)  # give or take 5 %
    await clinic.stage.advance(seconds=20)
    await pump(clinic, rate=rate * 1.06, volume=volume / 6)
    await clinic.stage.advance(seconds=10)
    await clinic.acknowledge(session, "A15-rate")
    await pump(clinic, rate=rate, volume=volume / 6)
    await clinic.resolve(session, "A15-rate", "technical")
    await clinic.measure(session, **WELL)

    # Paused, nothing is expected to run; going on, what was ordered is.
    await pumping(clinic, 1, rate=rate, volume=volume / 5)
    await clinic.stage.advance(seconds=5)
    await clinic.infusion(session, "pause", reason="to the bathroom")
    await clinic.stage.advance(seconds=5)
    await pump(clinic, rate=rate, volume=volume / 5)
    await clinic.stage.advance(seconds=5)
    await clinic.acknowledge(session, "A15-rate")
    await pump(clinic, rate=0, volume=volume / 5)
    await pumping(clinic, 1, rate=0, volume=volume / 5)
    await clinic.stage.advance(seconds=5)
    await clinic.infusion(session, "resume", reason="back in the chair")
    await clinic.stage.advance(seconds=5)
    await pumping(clinic, 2, rate=rate, volume=volume / 4)
    assert await told(clinic, session) == [
        (380, "A15-rate raised high: stop the pump"),
        (390, "A15-rate answered by nurse-1"),
        (390, "A15-rate ended"),
        (390, "A15-rate was technical"),
        (460, "A15-rate raised high: stop the pump"),
        (465, "A15-rate answered by nurse-1"),
        (465, "A15-rate ended"),
    ]
    assert await paged(clinic, session) == [(380, "nurse-1: chair 1 high"), (460, "nurse-1: chair 1 high")]


async def test_s20_a_waste_that_lacks_a_milligram_and_a_half_keeps_the_gate_shut(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(2)
    await clinic.infusion(session, "end")
    assert "waste_reconciled: waste not reconciled: no draw is recorded for this infusion" in await gate(clinic, session)
    wasted = seconds(clinic, session)
    await account_for_drug(clinic.stage, session, drawn=50, given=41, wasted=7.5)
    await clinic.stage.advance(seconds=20)
    [line] = [line for line in await gate(clinic, session) if line.startswith("waste_reconciled")]
    assert line.endswith("the count does not match and the case is open")

    # Two people close the case; only then is the waste reconciled.
    keeper, witness = person(clinic.stage, "kim", "drugs.manage", *DRUGS), person(clinic.stage, "nurse-2", *DRUGS)
    [case] = await said(keeper.get("/drug-ledger/cases"))
    path = f"/drug-ledger/cases/{case['case_id']}"
    await said(keeper.post(f"{path}/explanation", json={"reason": "a drop on the tray, seen by both"}))
    assert any(line.startswith("waste_reconciled") for line in await gate(clinic, session))
    await said(witness.post(f"{path}/closure"))
    assert not any(line.startswith("waste_reconciled") for line in await gate(clinic, session))
    await clinic.stage.settle()
    assert [(at - wasted, words) for at, words in await told(clinic, session)] == [
        (0, "DRUG-DISCREPANCY raised medium: recount with a second person"),
        (20, "DRUG-DISCREPANCY ended"),
    ]
    assert [(at - wasted, who) for at, who in await paged(clinic, session)] == [(0, "nurse-1: chair 1 medium")]
