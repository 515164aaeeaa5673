"""Two lanes for each account, its spacing and rest; withdrawing what is out."""

import sqlalchemy as sa
from alembic import op

from campaigns.models.base import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts") as accounts:
        accounts.alter_column("spacing_seconds", type_=sa.Float(), existing_type=sa.Integer(), existing_nullable=False)
        accounts.add_column(sa.Column("waits_for_uncertain", sa.Boolean(), nullable=False, server_default=sa.false()))
        accounts.add_column(sa.Column("uploads_at", Moment(), nullable=True))
        accounts.add_column(sa.Column("resume_why", sa.Text(), nullable=True))
        accounts.add_column(sa.Column("resume_for_rehearsal", sa.Boolean(), nullable=False, server_default=sa.false()))
        accounts.add_column(sa.Column("stumbles", sa.Integer(), nullable=False, server_default="0"))
        accounts.add_column(sa.Column("clear_at", Moment(), nullable=True))
    op.add_column("publications", sa.Column("resendings", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("publications", sa.Column("withdrawn_at", Moment(), nullable=True))
    op.drop_index("uq_publications_one_active_per_account", table_name="publications")
    for state in ("staging", "revealing"):
        condition = sa.text(f"state = '{state}'")
        op.create_index(
            f"uq_publications_one_{state}_per_account",
            "publications",
            ["account_key"],
            unique=True,
            sqlite_where=condition,
            postgresql_where=condition,
        )
