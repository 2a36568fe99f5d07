"""The rows Rounds keeps about itself: people, schema, history, work. User data lies elsewhere."""

from tracker.models.base import Model
from tracker.models.files import File
from tracker.models.hooks import Webhook, WebhookPayload
from tracker.models.log import Batch, Change, Event, IdempotencyKey, Move, Recomputation
from tracker.models.people import (
    Attempt,
    Department,
    Headship,
    Invitation,
    Person,
    Session,
    Token,
)
from tracker.models.schema import (
    AccessGrant,
    Base,
    Counter,
    Field,
    FieldRight,
    Form,
    Meta,
    Role,
    RoleMember,
    Table,
    TableRight,
    View,
)
from tracker.models.sharing import RenderPass, SharedLink
from tracker.models.talk import Comment
from tracker.models.work import (
    Alert,
    AlertParty,
    Automation,
    Chase,
    Duty,
    Exemption,
    Notification,
    Outbox,
    Run,
    Slot,
)

ALL: list[type[Model]] = [
    Meta,
    Department,
    Person,
    Headship,
    Session,
    Token,
    Invitation,
    Attempt,
    Base,
    Table,
    Field,
    Counter,
    View,
    Form,
    Role,
    RoleMember,
    TableRight,
    FieldRight,
    AccessGrant,
    Batch,
    Change,
    Move,
    Event,
    IdempotencyKey,
    File,
    Comment,
    Webhook,
    WebhookPayload,
    Recomputation,
    Automation,
    Run,
    Slot,
    Outbox,
    Notification,
    Alert,
    AlertParty,
    Duty,
    Exemption,
    Chase,
    SharedLink,
    RenderPass,
]

__all__ = [model.__name__ for model in ALL] + ["ALL", "Model"]
