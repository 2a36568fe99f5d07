"""What all of our own tables share."""

from __future__ import annotations

from typing import Any

import orjson
import peewee

from tracker import db


class Model(peewee.Model):
    """A row Rounds keeps about itself."""

    id: Any

    class Meta:
        database = db.proxy
        legacy_table_names = False


class JSONField(peewee.TextField):
    """JSON kept as text: read and written whole, never queried inside, the same everywhere."""

    def db_value(self, value: Any) -> str | None:
        return (
            None if value is None else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
        )

    def python_value(self, value: str | None) -> Any:
        return None if value is None else orjson.loads(value)
