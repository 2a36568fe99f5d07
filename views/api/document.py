"""The OpenAPI document: every route of the API with its questions and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tracker import limits
from views.api import schemas
from views.api.gate import ApiRoom
from views.api.schemas import Schema, either, many, number, ref, thing
from views.room import PROGRAM, PUBLIC, ROUTES

room = ApiRoom("api_document")
JSON = "application/json"
ERRORS = {
    "400": "The body is no JSON",
    "401": "No token, or one that opens nothing any more",
    "403": "Not allowed, or no such base or table for this person",
    "404": "No such record for this person",
    "409": "An Idempotency-Key was used before with other content",
    "413": "Too large",
    "422": "What was sent does not fit",
    "429": "Too many requests: wait as long as Retry-After says",
}
PARTS = {
    "base": number("app"),
    "table": {**schemas.TEXT, "minLength": 1, "description": "Id or name"},
    "record": number("rec"),
    "comment": number("com"),
    "field": {**schemas.TEXT, "minLength": 1, "description": "Id or name"},
    "webhook": number("ach"),
    "ticket": {**schemas.TEXT, "minLength": 1},
    "size": {"enum": ["full", "small", "large"]},
}


@dataclass(frozen=True)
class Operation:
    """What a route takes beside its path, and gives."""

    summary: str
    answer: Schema
    query: dict[str, Schema] | None = None
    body: Schema | None = None
    media: str = JSON


ONE_QUESTION = {
    key: schemas.LIST_QUESTION[key]
    for key in ("cellFormat", "timeZone", "userLocale", "returnFieldsByFieldId")
}
LIST_QUERY = {
    **{key: one for key, one in schemas.LIST_QUESTION.items() if one.get("type") != "array"},
    "fields[]": many(schemas.TEXT),
    "recordMetadata[]": schemas.LIST_QUESTION["recordMetadata"],
    "sort[0][field]": schemas.TEXT,
    "sort[0][direction]": schemas.SORT["properties"]["direction"],
}
RECORD, RECORDS, DELETED = ref("Record"), ref("Records"), ref("Deleted")
NOTHING = thing({})
COMMENT_TEXT = thing({"text": {"type": "string", "minLength": 1, "maxLength": limits.TEXT_LENGTH}})

OPERATIONS: dict[str, Operation] = {
    "api_meta.whoami": Operation(
        "Whose token this is",
        thing({"id": number("usr")}, {"email": schemas.TEXT, "scopes": many(schemas.TEXT)}),
    ),
    "api_meta.bases": Operation("Bases", thing({"bases": many(ref("Base"))})),
    "api_meta.create_base": Operation(
        "Make a base",
        thing({"id": number("app"), "tables": many(ref("Table"))}),
        body=thing({"name": schemas.NAME, "tables": many(ref("TableDraft"), minItems=1)}),
    ),
    "api_meta.base_tables": Operation(
        "Tables with their fields and views",
        thing({"tables": many(ref("Table"))}),
        query={"include[]": many({"enum": ["visibleFieldIds"]})},
    ),
    "api_meta.create_table": Operation("Make a table", ref("Table"), body=ref("TableDraft")),
    "api_meta.update_table": Operation("Rename a table", ref("Table"), body=schemas.RENAMING),
    "api_meta.create_field": Operation("Make a field", ref("Field"), body=ref("FieldDraft")),
    "api_meta.update_field": Operation("Rename a field", ref("Field"), body=schemas.RENAMING),
    "api_records.list_records": Operation("List records", RECORDS, query=LIST_QUERY),
    "api_records.list_by_post": Operation(
        "List records, asked in the body", RECORDS, body=thing({}, schemas.LIST_QUESTION)
    ),
    "api_records.get_record": Operation("One record", RECORD, query=ONE_QUESTION),
    "api_records.create_records": Operation(
        "Make one record or up to ten", either(RECORD, RECORDS), body=schemas.NEW_RECORDS
    ),
    "api_records.update_record": Operation(
        "Change fields of a record", RECORD, body=schemas.ONE_CHANGE
    ),
    "api_records.replace_record": Operation(
        "Change a record and empty its other fields", RECORD, body=schemas.ONE_CHANGE
    ),
    "api_records.update_records": Operation(
        "Change or upsert up to ten records", ref("Upserted"), body=schemas.CHANGES
    ),
    "api_records.replace_records": Operation(
        "The same, emptying all other fields", ref("Upserted"), body=schemas.CHANGES
    ),
    "api_records.delete_record": Operation("Put a record into the bin", DELETED),
    "api_records.delete_records": Operation(
        "Put up to ten records into the bin",
        thing({"records": many(DELETED)}),
        query={"records[]": many(number("rec"), **schemas.BATCH)},
    ),
    "api_comments.list_comments": Operation(
        "Comments, newest first",
        ref("Comments"),
        query={"pageSize": schemas.count(100), "offset": number("com")},
    ),
    "api_comments.add_comment": Operation("Say something", ref("Comment"), body=COMMENT_TEXT),
    "api_comments.change_comment": Operation(
        "Change one's own comment", ref("Comment"), body=COMMENT_TEXT
    ),
    "api_comments.delete_comment": Operation("Delete a comment", DELETED),
    "api_files.upload_attachment": Operation(
        "Put a file into a field",
        RECORD,
        body=thing({"filename": schemas.TEXT, "file": schemas.TEXT, "contentType": schemas.TEXT}),
    ),
    "api_files.open_file": Operation("A file by its signed address", {}, media="*/*"),
    "api_webhooks.list_webhooks": Operation(
        "One's own webhooks", thing({"webhooks": many(ref("Webhook"))})
    ),
    "api_webhooks.create_webhook": Operation(
        "Listen to a base",
        thing(
            {"id": number("ach"), "macSecretBase64": schemas.TEXT},
            {"expirationTime": schemas.MOMENT},
        ),
        body=schemas.LISTENING,
    ),
    "api_webhooks.delete_webhook": Operation("Listen no more", NOTHING),
    "api_webhooks.enable_notifications": Operation(
        "Whether the address is called", NOTHING, body=thing({"enable": schemas.FLAG})
    ),
    "api_webhooks.refresh_webhook": Operation(
        "Another week", thing({"expirationTime": schemas.MOMENT})
    ),
    "api_webhooks.list_payloads": Operation(
        "What was heard",
        thing(
            {
                "payloads": many(ref("Payload")),
                "cursor": {"type": "integer"},
                "mightHaveMore": schemas.FLAG,
            },
            {"payloadFormat": {"const": "v0"}},
        ),
        query={
            "cursor": schemas.count(1_000_000_000),
            "limit": schemas.count(limits.WEBHOOK_PAYLOADS),
        },
    ),
    "api_document.openapi": Operation("This document", {"type": "object"}),
}


@room.call("GET", "/api/openapi.json", access=PUBLIC)
def openapi() -> Any:
    return document()


@cache
def document() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, operation in OPERATIONS.items():
        door = ROUTES[endpoint]
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", door.rule).removeprefix("/api")
        told = paths.setdefault(path, {})
        for method in door.methods:
            told[method.lower()] = _told(endpoint, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rounds 走访",
            "version": "0",
            "description": "Compatible with the Web API of Airtable. Tokens are made under /me.",
        },
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": schemas.COMPONENTS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _told(endpoint: str, operation: Operation) -> dict[str, Any]:
    door = ROUTES[endpoint]
    closed = door.access == PROGRAM
    errors = {code: one for code, one in _errors().items() if closed or code == "404"}
    told: dict[str, Any] = {
        "operationId": endpoint.partition(".")[2],
        "summary": operation.summary,
        "parameters": _parameters(door.rule, operation),
        "responses": {
            "200": _answer("As asked", operation.answer, operation.media),
            **errors,
        },
    }
    if closed:
        told["security"] = [{"token": []}]
    if operation.body is not None:
        content = {JSON: {"schema": operation.body}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _parameters(rule: str, operation: Operation) -> list[dict[str, Any]]:
    parts = [
        {"name": name, "in": "path", "required": True, "schema": PARTS[name]}
        for name in re.findall(r"<(?:\w+:)?(\w+)>", rule)
    ]
    asked = [
        {"name": name, "in": "query", "required": name == "records[]", "schema": schema}
        for name, schema in (operation.query or {}).items()
    ]
    return parts + asked


def _answer(said: str, schema: Schema, media: str = JSON) -> dict[str, Any]:
    return {"description": said, "content": {media: {"schema": schema}}}


def _errors() -> dict[str, Any]:
    told = {code: _answer(said, ref("Error")) for code, said in ERRORS.items()}
    waiting = {"schema": {"type": "integer"}, "description": "Seconds"}
    told["429"]["headers"] = {"Retry-After": waiting}
    return told
