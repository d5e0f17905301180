"""Arrow: readings -> the session's engine -> offset. What comes again changes nothing of what the engine knows."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer

from benchmarks.house import House
from kit.clock import RunningClock, wall
from schemas.monitoring.alarms import ALARMS, AlarmRaised
from tests.failure.gateway import LOW, NORMAL, Device
from tests.failure.ward import REPOSITORY, Clinic
from tests.failure.world import Process

DYING = """
import sys
from pathlib import Path
from benchmarks.probe import die_once_at
from kit.service import main
from services.monitoring.app import SERVICE
die_once_at("commit", Path(sys.argv[1]))
main(SERVICE)
"""
KNOWN = "SELECT engine::text FROM sessions WHERE session_id = $1"
READ = "SELECT sum(next_offset) FROM kit.positions WHERE topic = 'vitals'"


def start(clinic: Clinic, *command: str) -> Process:
    """Monitoring as a process."""
    log = clinic.folder / "monitoring.log"
    with log.open("ab") as out:
        popen = subprocess.Popen(
            [sys.executable, *command], cwd=REPOSITORY, env=clinic.environment("monitoring"), stdout=out, stderr=out
        )
    return Process(popen, clinic.urls["monitoring"], log)


async def test_monitoring_killed_between_its_commit_and_the_offset_commit_knows_the_same_afterwards(
    house: House, tmp_path: Path
) -> None:
    now = wall()
    clinic = Clinic(house, tmp_path / "clinic", RunningClock(now, now - timedelta(seconds=30)))
    await clinic.prepare("monitoring")
    session_id = await clinic.infuse("monitor-1", 1)
    clinic.clock = RunningClock(now, now)
    begun = int(now.timestamp()) - 25
    readings = [(begun + second, {"59408-5": LOW if 2 <= second < 22 else NORMAL, "8867-4": 70.0}) for second in range(25)]
    device, producer = Device(clinic, "monitor-1", session_id, 1, "topic"), AIOKafkaProducer(bootstrap_servers=house.kafka)
    await producer.start()
    assert await device.produce(producer, readings)
    dying = start(clinic, "-c", DYING, str(tmp_path / "died"))
    assert await dying.ended() == -signal.SIGKILL
    known = await clinic.ask("monitoring", KNOWN, session_id)
    assert await clinic.ask("monitoring", READ) == len(readings), "the kill did not fall after the store's commit"
    assert await device.produce(producer, readings)
    await producer.stop()
    again = start(clinic, "-m", "services.monitoring")
    await again.ready()
    assert await clinic.ask("monitoring", READ) == 2 * len(readings)
    assert await clinic.ask("monitoring", KNOWN, session_id) == known
    again.send(signal.SIGTERM)
    assert await again.ended() == 0
    raised = [event for _, _, event in await clinic.said(ALARMS) if isinstance(event, AlarmRaised)]
    assert [(event.code, event.priority, event.session_id) for event in raised] == [("A7", "high", session_id)]
