"""Corrections, captions and copies for one network; what calls cost; sealed credentials."""

import sqlalchemy as sa
from alembic import op

from campaigns.models.base import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (
        ("corrected_at", Moment()),
        ("follows_at", Moment()),
        ("upload_sent", sa.Integer()),
        ("upload_total", sa.Integer()),
        ("upload_began_at", Moment()),
    ):
        op.add_column("publications", sa.Column(name, kind, nullable=True))
    op.execute(  # in one statement: otherwise SQLite would need the whole table anew
        "ALTER TABLE publications ADD COLUMN corrected_to_id INTEGER "
        "CONSTRAINT fk_publications_corrected_to_id_revisions REFERENCES revisions (id)"
    )
    followed = sa.text("follows_at IS NOT NULL")
    op.create_index(
        "ix_publications_follows_at", "publications", ["follows_at"], sqlite_where=followed, postgresql_where=followed
    )
    for name in ("synthetic", "for_children"):
        op.add_column("revisions", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("wordings", sa.Column("correction", sa.Text(), nullable=False, server_default=""))
    op.add_column("assets", sa.Column("role", sa.String(20), nullable=False, server_default="media"))
    op.add_column("assets", sa.Column("network", sa.String(20), nullable=True))
    op.add_column("assets", sa.Column("codec", sa.String(20), nullable=False, server_default=""))
    op.add_column("assets", sa.Column("sound_codec", sa.String(20), nullable=False, server_default=""))
    op.add_column("assets", sa.Column("frame_rate", sa.Float(), nullable=True))
    op.add_column("assets", sa.Column("pixel_format", sa.String(20), nullable=False, server_default=""))
    op.add_column("assets", sa.Column("index_first", sa.Boolean(), nullable=True))
    op.add_column("misconceptions", sa.Column("nature", sa.String(20), nullable=False, server_default="doctrinal"))
    op.create_table(
        "spendings",
        sa.Column("spender", sa.String(80), nullable=False),
        sa.Column("bucket", sa.String(40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("spender", "bucket", "on", name=op.f("pk_spendings")),
    )
    op.create_table(
        "tokens",
        sa.Column("account_key", sa.String(80), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("speaks_as", sa.String(200), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("connected_by", sa.String(200), nullable=False),
        sa.Column("connected_at", Moment(), nullable=False),
        sa.Column("renewed_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_key"], ["accounts.key"], name=op.f("fk_tokens_account_key_accounts")),
        sa.PrimaryKeyConstraint("account_key", name=op.f("pk_tokens")),
    )
