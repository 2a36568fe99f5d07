"""An installation of an earlier release is brought up to date as it stands."""

from __future__ import annotations

from tests import world as worlds
from tracker import db, migrations, models, permissions, schema
from tracker.query import Query

SINCE_FIRST_RELEASE = (
    *(models.Recomputation, models.Comment, models.Webhook, models.WebhookPayload),
    *(models.SharedLink, models.RenderPass),
    *(models.Alert, models.AlertParty),
)
FIRST_RELEASE = 2  # its last step


def shape() -> dict[str, list[tuple[str, str, bool]]]:
    """Columns of all our own tables."""
    return {
        name: sorted(
            (one.name, one.data_type.lower(), one.null) for one in db.proxy.get_columns(name)
        )
        for name in db.proxy.get_tables()
    }


def test_numbers_are_given_once():
    numbers = [number for number, _name in migrations.steps()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_database_of_the_first_release_is_brought_up_to_date(database):
    with db.connection():
        world = worlds.build()
        worlds.sample(world)
        fresh = shape()
        visible = Query(permissions.system(), world.visits).count()
        with db.write():
            db.proxy.drop_tables([*SINCE_FIRST_RELEASE, models.File])
            db.execute("ALTER TABLE field DROP COLUMN help_names")
            models.Meta.put("migration", FIRST_RELEASE)
        taken = migrations.migrate()
        assert taken == [number for number, _name in migrations.steps() if number > FIRST_RELEASE]
        assert shape() == fresh
        schema.release()
        assert Query(permissions.system(), world.visits).count() == visible
        assert migrations.migrate() == []
