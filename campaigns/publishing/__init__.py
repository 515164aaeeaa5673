"""Hand due publications to their networks and keep the receipts.

One publication takes up to five kinds of step: **stage** ahead of its hour (nobody can see it), **reveal** at
the due second, **look** when it is uncertain whether a reveal happened, **withdraw** when a person asks, and
**follow up** what is out with a correction or with captions.
Each step is *claim and commit*, call out with no session open, *record and commit*. The claim of a reveal is
the intent: it is on the disk before the call, so that a crash leaves one small question and never a second copy.

Every move is a conditional update that names the state and the fence it comes from: no row touched means
that somebody else was first, and then nothing is done.

    steps.py      the values: lanes, steps, a claim; how long things may take
    lines.py      what each account has to do, and when
    claiming.py   claim and commit
    gate.py       what stands before every single call: the fence and the levers
    recording.py  record and commit
    late.py       what a worker says that was taken for dead
    following.py  what follows a post that is out
    publisher.py  one worker at its work
"""

from campaigns.publishing.publisher import Publisher
from campaigns.publishing.steps import LEASE, LOOKS, PATIENCE, Lane, Line

__all__ = ["LEASE", "LOOKS", "PATIENCE", "Lane", "Line", "Publisher"]
