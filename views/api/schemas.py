"""The shapes of the API's questions and answers, as JSON Schema for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from tracker import limits
from views.api import columns

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": limits.NAME_LENGTH}
FLAG: Schema = {"type": "boolean"}
SAID: Schema = {"type": ["string", "null"]}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def number(prefix: str) -> Schema:
    """An id of 17 characters."""
    return {"type": "string", "pattern": f"^{prefix}[A-Za-z0-9]{{14}}$"}


def count(most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most}


def many(of: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": of, **more}


def thing(needed: Schema, optional: Schema | None = None, *, open: bool = True) -> Schema:
    """An object with these properties; ``open`` ones may grow others."""
    told: Schema = {"type": "object", "properties": {**needed, **(optional or {})}}
    if needed:
        told["required"] = list(needed)
    return told if open else {**told, "additionalProperties": False}


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


NULL: Schema = {"type": "null"}
VALUES: Schema = {"type": "object", "description": "Values by the name or id of the field"}
BATCH: Schema = {"minItems": 1, "maxItems": limits.API_BATCH}
SORT = thing({"field": TEXT}, {"direction": {"enum": ["asc", "desc"]}})
CELL_FORMAT: Schema = {"enum": ["json", "string"]}
WRITE_OPTIONS: Schema = {"typecast": FLAG, "returnFieldsByFieldId": FLAG}

LIST_QUESTION: Schema = {
    "fields": many(TEXT),
    "filterByFormula": TEXT,
    "view": TEXT,
    "sort": many(SORT, maxItems=limits.SORTS),
    "pageSize": count(limits.API_PAGE),
    "maxRecords": {"type": "integer", "minimum": 1},
    "offset": TEXT,
    "cellFormat": CELL_FORMAT,
    "timeZone": TEXT,
    "userLocale": TEXT,
    "returnFieldsByFieldId": FLAG,
    "recordMetadata": many({"enum": ["commentCount"]}),
}

COMPONENTS: dict[str, Schema] = {
    "Error": thing(
        {"error": either(TEXT, thing({"type": TEXT, "message": TEXT}, open=False))}, open=False
    ),
    "Record": thing(
        {"id": number("rec"), "createdTime": MOMENT, "fields": {"type": "object"}},
        {"commentCount": {"type": "integer"}},
        open=False,
    ),
    "Records": thing({"records": many(ref("Record"))}, {"offset": TEXT}, open=False),
    "Deleted": thing({"id": TEXT, "deleted": {"const": True}}, open=False),
    "Upserted": thing(
        {"records": many(ref("Record"))},
        {"createdRecords": many(number("rec")), "updatedRecords": many(number("rec"))},
        open=False,
    ),
    "Collaborator": thing({"id": TEXT, "email": TEXT, "name": TEXT}, open=False),
    "Comment": thing(
        {
            "id": number("com"),
            "author": ref("Collaborator"),
            "text": TEXT,
            "createdTime": MOMENT,
            "lastUpdatedTime": either(MOMENT, NULL),
        },
        {"mentioned": {"type": "object"}},
        open=False,
    ),
    "Comments": thing({"comments": many(ref("Comment")), "offset": either(TEXT, NULL)}, open=False),
    "Base": thing({"id": number("app"), "name": TEXT, "permissionLevel": TEXT}, open=False),
    "Webhook": thing(
        {
            "id": number("ach"),
            "specification": {"type": "object"},
            "notificationUrl": either(TEXT, NULL),
            "cursorForNextPayload": {"type": "integer"},
            "areNotificationsEnabled": FLAG,
            "isHookEnabled": FLAG,
            "expirationTime": MOMENT,
            "lastSuccessfulNotificationTime": either(MOMENT, NULL),
            "lastNotificationResult": either({"type": "object"}, NULL),
        },
        open=False,
    ),
    "Payload": thing(
        {
            "timestamp": MOMENT,
            "baseTransactionNumber": {"type": "integer"},
            "payloadFormat": {"const": "v0"},
            "actionMetadata": {"type": "object"},
            "changedTablesById": {"type": "object"},
        },
        open=False,
    ),
    "Field": thing(
        {"id": number("fld"), "name": TEXT, "type": TEXT},
        {"description": TEXT, "options": {"type": "object"}},
        open=False,
    ),
    "View": thing(
        {"id": number("viw"), "name": TEXT, "type": TEXT},
        {"visibleFieldIds": many(number("fld"))},
        open=False,
    ),
    "Table": thing(
        {
            "id": number("tbl"),
            "name": TEXT,
            "primaryFieldId": TEXT,
            "fields": many(ref("Field")),
            "views": many(ref("View")),
        },
        {"description": TEXT},
        open=False,
    ),
    "FieldDraft": thing(
        {"name": NAME, "type": {"enum": sorted(columns.makeable())}},
        {"description": SAID, "options": {"type": "object"}},
    ),
    "TableDraft": thing(
        {"name": NAME, "fields": many(ref("FieldDraft"), minItems=1)}, {"description": SAID}
    ),
}

NEW_RECORDS = either(
    thing({"fields": VALUES}, WRITE_OPTIONS),
    thing({"records": many(thing({"fields": VALUES}), **BATCH)}, WRITE_OPTIONS),
)
ONE_CHANGE = thing({"fields": VALUES}, WRITE_OPTIONS)
CHANGES = thing(
    {"records": many(thing({"fields": VALUES}, {"id": number("rec")}), **BATCH)},
    {
        **WRITE_OPTIONS,
        "performUpsert": thing({"fieldsToMergeOn": many(TEXT, minItems=1, maxItems=3)}),
    },
)
LISTENING = thing(
    {
        "specification": thing(
            {
                "options": thing(
                    {
                        "filters": thing(
                            {
                                "dataTypes": many(
                                    {"enum": ["tableData", "tableFields", "tableMetadata"]},
                                    minItems=1,
                                )
                            },
                            {"changeTypes": many({"enum": ["add", "remove", "update"]})},
                        )
                    },
                    {"includes": {"type": "object"}},
                )
            }
        )
    },
    {"notificationUrl": either({"type": "string", "format": "uri"}, NULL)},
)
RENAMING = {**thing({}, {"name": NAME, "description": SAID}), "minProperties": 1}
