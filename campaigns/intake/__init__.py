"""The team's file becomes posts: read it, judge every row, and bring all of it in or nothing.

read(file)            rows of an .xlsx, .csv or .yaml file
check(session, rows)  drafts of the sound rows, and all faults of all rows
bring_in(store, …)    both, and one transaction that stores everything
write_template(file)  the spreadsheet that the team fills in
"""

from campaigns.intake.blank import write_template
from campaigns.intake.bringing import Imported, bring_in
from campaigns.intake.judging import check
from campaigns.intake.reading import read
from campaigns.intake.rows import COLUMNS, Fault, Row, Unreadable

__all__ = [
    "COLUMNS",
    "Fault",
    "Imported",
    "Row",
    "Unreadable",
    "bring_in",
    "check",
    "read",
    "write_template",
]
