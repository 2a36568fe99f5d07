"""Names of files as people give them, made harmless, and the types we believe them to have."""

from __future__ import annotations

import re

from tracker import limits
from tracker.fieldtypes import clean_text

OTHER = "application/octet-stream"
TYPES = {  # what a name may say of its content; never anything that a browser would run
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "zip": "application/zip",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "heic": "image/heic",
    "tif": "image/tiff",
    "tiff": "image/tiff",
}
# control signs, path separators and the signs that turn the reading direction round
_UNWANTED = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def clean_name(name: str) -> str:
    """The last part of a name without anything that a disk or a reader stumbles over."""
    text = clean_text(name).replace("\\", "/").rpartition("/")[2]
    text = _UNWANTED.sub(" ", text).strip(" .")
    stem, dot, suffix = text.rpartition(".")
    most = limits.FILE_NAME_LENGTH
    if dot and len(text) > most and len(suffix) < 12:
        return f"{stem[: most - len(suffix) - 1]}.{suffix}"
    return text[:most] or "file"


def type_of(name: str) -> str:
    return TYPES.get(name.rpartition(".")[2].lower(), OTHER)
