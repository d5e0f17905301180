"""`chairside roster`: who is there, and when nobody would be."""

import subprocess

from chairside.clinic import Clinic
from tests.integration.chairside.conftest import Said, chairside, plain


def test_gaps_are_a_table_and_an_exit_code(clinic: Clinic, said: Said) -> None:
    code, lacking = said("roster", "gaps", "--days", "3")
    assert code == 1
    assert {"prescriber", "charge nurse", "medical director"} <= {one["kind"] for one in lacking["gaps"]}
    done = subprocess.run(
        [*chairside("roster", "gaps"), "--data", str(clinic.data)], capture_output=True, text=True, check=False, env=plain()
    )
    assert (done.returncode, "nobody is there as" in done.stdout, done.stderr) == (1, True, "")


def test_show_names_every_role(clinic: Clinic, said: Said) -> None:
    code, now = said("roster", "show")
    assert (code, [one["role"] for one in now["roles"]]) == (
        0,
        ["nurse", "charge nurse", "prescriber", "medical director"],
    )
    done = subprocess.run(
        [*chairside("roster", "show", "--at", "2026-03-02T08:00"), "--data", str(clinic.data)],
        capture_output=True,
        text=True,
        check=False,
        env=plain(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2026-03-02 08:00 UTC")
