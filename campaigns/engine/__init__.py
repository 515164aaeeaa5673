"""Lines and drawings, handed to whichever worker on whichever host is free: a queue in the same PostgreSQL.

The publications table carries the truth, and the clock of every host hands over again what is still due. So this
queue may lose a line, bring it late or twice, or be out of reach for a while: the claim of a step makes it harmless.
Nothing in this room is imported unless SAWT_ENGINE asks for it.

    hands.py      what one worker takes from the queue, and hands over to all
    orders.py     drawings that a command or the desk asks for
    tables.py     the queue's own tables, in a schema beside ours
"""

from campaigns.engine.hands import Engine
from campaigns.engine.orders import Orders
from campaigns.engine.tables import install

__all__ = ["Engine", "Orders", "install"]
