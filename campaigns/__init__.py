"""What the Centre says, why, who agreed, and what came of it.

The rooms follow a post's life: it is drafted, reviewed, planned, published, measured and told in the
month's summary. `platforms` is the outside world; `scheduler.py` is the clock.
"""
