"""`python -m campaigns.cli`: the same as `sawt`."""

from campaigns.cli import main

main()
