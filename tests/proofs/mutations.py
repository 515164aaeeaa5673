"""`python -m tests.proofs.mutations`: break publishing in one small way after another, and see which proofs notice.

Each breakage is made alone, in a copy of the tree. Three choices of proofs are run on it: the tests of publishing that
name one situation each, stories of the property test, and two posts killed at every seam. Nothing of it is part of
`make test`; what came of it stands in docs/crashes.md. With words behind it, the breakages that are told with these.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.crash_cases import ROOT

STORIES = "200"
PROOFS: Mapping[str, tuple[str, ...]] = {
    "directed": (
        *(f"tests/campaigns/test_{room}.py" for room in ("publishing", "lines", "threads", "settling", "review")),
        "tests/campaigns/test_planning.py",
        "-k",
        "not postgresql",
    ),
    "stories": ("tests/proofs/test_property.py", "-k", "sqlite"),
    "killed": ("tests/proofs/test_crash_matrix.py", "-k", "killed_anywhere and (x-thread or facebook-picture)"),
}
"""By the name of a column, what pytest is told to run."""


@dataclass(frozen=True, kw_only=True)
class Breakage:
    """`was` becomes `broken`, at its first place in `file`. `switch` is the same fault of the model, if it has it."""

    told: str
    file: str
    was: str
    broken: str
    switch: str = ""


PUBLISHING = "campaigns/publishing/"
BREAKAGES = (
    Breakage(
        told="the fence is not looked at before a call",
        file=f"{PUBLISHING}gate.py",
        was="if (state, fence) != (claim.step.state, claim.fence):",
        broken="if False:",
        switch="NO_FENCE",
    ),
    Breakage(
        told="a lever is not looked at before a call",
        file=f"{PUBLISHING}gate.py",
        was="if not (some_held and claim.step.sends):",
        broken="if True:",
        switch="NO_LEVER",
    ),
    Breakage(
        told="the row does not say that the call is about to be made",
        file=f"{PUBLISHING}steps.py",
        was="Step.REVEAL: Delivery.REVEALING",
        broken="Step.REVEAL: Delivery.STAGED",
        switch="NO_INTENT",
    ),
    Breakage(
        told="the intent of a part of a thread is stored after its call",
        file="platforms/x/publish.py",
        was="            save(staged.stored())\n            with _telling_how_far",
        broken="            with _telling_how_far",
    ),
    Breakage(
        told="what a dead worker had in hand is sent again without a look",
        file=f"{PUBLISHING}publisher.py",
        was="went_to = Delivery.UNCERTAIN",
        broken="went_to = Delivery.PLANNED",
        switch="RESEND_UNSEEN",
    ),
    Breakage(
        told="after a lost answer it is sent again without a look",
        file=f"{PUBLISHING}recording.py",
        was="self._record(session, claim, Delivery.UNCERTAIN,",
        broken="self._record(session, claim, Delivery.PLANNED,",
        switch="RESEND_UNSEEN",
    ),
    Breakage(
        told="what came of a call is recorded whoever has it by now",
        file=f"{PUBLISHING}recording.py",
        was="        Publication.fence == claim.fence,\n        Publication.state == claim.step.state,\n",
        broken="",
        switch="NO_CONDITION",
    ),
    Breakage(
        told="what a person decides is not conditional",
        file="campaigns/moving.py",
        was="        Publication.state == was,\n        Publication.fence == publication.fence,\n",
        broken="",
        switch="NO_CONDITION",
    ),
    Breakage(
        told="absence is believed once",
        file=f"{PUBLISHING}steps.py",
        was="ABSENCES = 2",
        broken="ABSENCES = 1",
    ),
    Breakage(
        told="absence is believed before reads have caught up",
        file=f"{PUBLISHING}recording.py",
        was="settled = claim.sent_at is None or now >= claim.sent_at + claim.settling",
        broken="settled = True",
    ),
    Breakage(
        told="absence is believed on X",
        file="platforms/x/publish.py",
        was="Found(receipt=receipt(found)) if isinstance(found, str) else found",
        broken="Found(receipt=receipt(found)) if isinstance(found, str) else Absent()",
        switch="TRUST_ABSENCE",
    ),
    Breakage(
        told="the seal is not compared when it is approved",
        file="campaigns/review.py",
        was="if seal != seal_of(revision):",
        broken="if False:",
    ),
    Breakage(
        told="the seal is not compared before it is sent",
        file=f"{PUBLISHING}claiming.py",
        was="approval = review.approval_of(revision)",
        broken="approval = revision.approvals[-1]",
    ),
    Breakage(
        told="a correction that was approved meanwhile is not brought",
        file=f"{PUBLISHING}following.py",
        was="    planning.put_right(session, publication_id, now=now)\n",
        broken="",
    ),
    Breakage(
        told="newer words go out while the older ones may yet appear",
        file="campaigns/planning.py",
        was="to = Delivery.HELD\n",
        broken="to = Delivery.PLANNED\n",
        switch="NO_DOUBT",
    ),
    Breakage(
        told="a clear refusal takes back the doubt about an earlier sending",
        file=f"{PUBLISHING}recording.py",
        was='"sent_at": claim.sent_before',
        broken='"sent_at": None',
        switch="HALF_A_DOUBT",
    ),
)


def main() -> None:
    """A line for each, as docs/crashes.md has it; ends with 1 where something went unnoticed by all of them."""
    unnoticed = False
    with tempfile.TemporaryDirectory() as name:
        tree = copied(Path(name) / "tree")
        for breakage in BREAKAGES:
            if not all(word in breakage.told for word in sys.argv[1:]):
                continue
            with made(breakage, tree):
                noticed = [noticed_by(tree, proofs) for proofs in PROOFS.values()]
            switch = f"`{breakage.switch}`" if breakage.switch else ""
            print(f"| {' | '.join((breakage.told, *noticed, switch))} |", flush=True)
            unnoticed = unnoticed or not any(noticed)
    sys.exit(unnoticed)


def copied(tree: Path) -> Path:
    """What git knows, as it lies here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in listed.split("\0"):
        if (ROOT / file).is_file():
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tree / file)
    return tree


@contextmanager
def made(breakage: Breakage, tree: Path) -> Iterator[None]:
    file = tree / breakage.file
    whole = file.read_text(encoding="utf-8")
    assert breakage.was in whole, f"{breakage.file} does not say {breakage.was!r} any more; see {Path(__file__).name}"
    file.write_text(whole.replace(breakage.was, breakage.broken, 1), encoding="utf-8")
    yield
    file.write_text(whole, encoding="utf-8")


def noticed_by(tree: Path, proofs: tuple[str, ...]) -> str:
    """The first test that fails, without its case; empty where none does."""
    environ = {**os.environ, "PYTHONPATH": str(tree), "SAWT_PROPERTY_RUNS": STORIES, "SAWT_PROPERTY_AS_FOUND": "1"}
    ours = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *proofs]
    said = subprocess.run(ours, cwd=tree, env=environ, check=False, capture_output=True, text=True)
    if said.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) \S+::test_(\w+)", said.stdout, re.MULTILINE)
    assert failed, f"these proofs could not be run:\n{said.stdout[-3000:]}{said.stderr[-1000:]}"
    return failed[1].replace("_", " ")


if __name__ == "__main__":
    main()
