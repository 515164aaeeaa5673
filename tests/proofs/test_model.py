"""The model of the machine, checked through: Spin finds no fault in the design, and finds every one that is put in.

docs/model/publication.pml is the model, and README.md beside it says what it covers.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).parents[2] / "docs" / "model" / "publication.pml"
COMPILER = shutil.which("cc") or shutil.which("gcc")
MEGABYTES = 1000

pytestmark = pytest.mark.skipif(
    shutil.which("spin") is None or COMPILER is None,
    reason="the model checker is not here; install it with: sudo apt install spin gcc",
)

NO_PROOF, PROOF = (), ("PROOF",)
ONE_OF_EACH = ("CRASHES=1", "SLEEPS=1", "FAULTS=1")
SECOND_COPY = "assertion violated (copies<=1)"
SENT_WHILE_HELD = "assertion violated ( !(held)"


def checked(folder: Path, *switches: str, claim: str | None = None) -> str:
    """What Spin says after all states were visited, or the first fault was found."""
    spin = ["spin", *(f"-D{each}" for each in switches), "-a", str(MODEL)]
    build = [str(COMPILER), "-O1", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", "-o", "pan", "pan.c"]
    build += ["-DNFAIR=3"] if claim else ["-DSAFETY", "-DNOCLAIM"]
    search = ["./pan", "-m1000000", *(["-a", "-f", "-N", claim] if claim else [])]
    for command in (spin, build):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    said = subprocess.run(search, cwd=folder, check=True, capture_output=True, text=True).stdout
    assert "out of memory" not in said
    assert "max search depth too small" not in said
    return said


def faults(said: str) -> int:
    counted = re.search(r"errors: (\d+)", said)
    assert counted, said
    return int(counted[1])


@pytest.mark.parametrize("network", [NO_PROOF, PROOF], ids=["absence unproven", "absence proven"])
def test_never_two_copies_never_while_held_and_never_stuck(network: tuple[str, ...], tmp_path: Path) -> None:
    said = checked(tmp_path, *network)
    assert faults(said) == 0, said
    assert "invalid end states\t+" in said


@pytest.mark.parametrize("network", [NO_PROOF, PROOF], ids=["absence unproven", "absence proven"])
def test_whatever_goes_wrong_it_goes_out_in_the_end(network: tuple[str, ...], tmp_path: Path) -> None:
    said = checked(tmp_path, *network, *ONE_OF_EACH, claim="out_in_the_end")
    assert faults(said) == 0, said
    assert "(fairness enabled)" in said


def test_where_absence_can_be_proven_nobody_need_look(tmp_path: Path) -> None:
    said = checked(tmp_path, *PROOF, *ONE_OF_EACH, "NOBODY_LOOKS", claim="out_in_the_end")
    assert faults(said) == 0, said


def test_where_it_cannot_a_person_must(tmp_path: Path) -> None:
    said = checked(tmp_path, *NO_PROOF, *ONE_OF_EACH, "NOBODY_LOOKS", claim="out_in_the_end")
    assert faults(said) > 0
    assert "acceptance cycle" in said


@pytest.mark.parametrize(
    ("switches", "found"),
    [
        pytest.param((*NO_PROOF, "NO_INTENT"), SECOND_COPY, id="no intent before the call"),
        pytest.param((*NO_PROOF, "NO_FENCE"), SECOND_COPY, id="the fence is not looked at before the call"),
        pytest.param((*PROOF, "NO_FENCE"), SECOND_COPY, id="nor where absence can be proven"),
        pytest.param((*NO_PROOF, "NO_CONDITION"), SECOND_COPY, id="outcomes are recorded by whoever comes late"),
        pytest.param((*NO_PROOF, "TRUST_ABSENCE"), SECOND_COPY, id="absence is believed where nothing proves it"),
        pytest.param((*NO_PROOF, "RESEND_UNSEEN"), SECOND_COPY, id="sent again without a look"),
        pytest.param((*PROOF, "NO_DOUBT"), SECOND_COPY, id="newer words go out while the older ones may yet appear"),
        pytest.param((*PROOF, "HALF_A_DOUBT"), SECOND_COPY, id="a second, clear answer takes back the first doubt"),
        pytest.param((*NO_PROOF, "NO_LEVER"), SENT_WHILE_HELD, id="the lever is looked at when claiming alone"),
        pytest.param((*PROOF, "NO_LEVER"), SENT_WHILE_HELD, id="nor is that enough where absence can be proven"),
    ],
)
def test_a_broken_design_is_found_out(switches: tuple[str, ...], found: str, tmp_path: Path) -> None:
    said = checked(tmp_path, *switches)
    assert faults(said) > 0
    assert found in said


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param((*NO_PROOF, "HASTE"), id="a person says not there while a worker sleeps before its call"),
        pytest.param((*PROOF, "HASTE"), id="a person lets other words go while a worker sleeps before its call"),
        pytest.param((*PROOF, "COPYING"), id="absence is proven but a second reveal is another copy"),
    ],
)
def test_what_the_design_leans_on_is_needed(switches: tuple[str, ...], tmp_path: Path) -> None:
    said = checked(tmp_path, *switches)
    assert faults(said) > 0
    assert SECOND_COPY in said
