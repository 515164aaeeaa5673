"""Alembic's entry: the connection comes from `Store.migrate`, which holds the transaction."""

from alembic import context

from campaigns.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=False,
)
context.run_migrations()
