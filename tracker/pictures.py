"""Pictures: what is one, and small copies of it, turned upright and without what the camera noted.

Only raster formats that are decoded and written anew here are ever shown in a page.
"""

from __future__ import annotations

import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from tracker import limits

SIZES = {"small": 320, "large": 1600}  # pixels of the longer side
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_BROKEN = (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError)


@dataclass(frozen=True)
class Picture:
    """Upright size and type of a picture."""

    type: str
    width: int
    height: int


def measure(path: Path) -> Picture | None:
    """What the file is as a picture; None for what cannot be shown, or is too large to decode."""
    try:
        with _opened(path) as image:
            image.verify()
        with _opened(path) as image:  # after verifying, a picture cannot be read any more
            kind = FORMATS[str(image.format)]
            width, height = image.size
            turned = image.getexif().get(0x0112) in {5, 6, 7, 8}
    except _BROKEN:
        return None
    return Picture(kind, height, width) if turned else Picture(kind, width, height)


def _opened(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
        image = Image.open(path, formats=list(FORMATS))
    if image.width * image.height > limits.PICTURE_PIXELS:
        image.close()
        raise ValueError("too many pixels")
    return image


def copy_of(original: Path, cache: Path, size: str) -> Path | None:
    """The picture at most so large, made once: a WebP without metadata. None if it cannot be."""
    made = cache / original.name[:2] / f"{original.name}-{size}.webp"
    if made.is_file():
        return made
    made.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = made.with_name(f".{secrets.token_hex(8)}")
    try:
        _shrink(original, part, SIZES[size])
        part.replace(made)
    except _BROKEN:
        return None
    finally:
        part.unlink(missing_ok=True)
    return made


def _shrink(original: Path, target: Path, most: int) -> None:
    with _opened(original) as image:
        image.draft("RGB", (most, most))  # a JPEG is decoded smaller, and much faster
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((most, most))
        clear = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
        fresh = upright.convert("RGBA" if clear else "RGB")
        bare = Image.new(fresh.mode, fresh.size)  # pixels alone: no GPS, no profile, no comment
        bare.paste(fresh)
        bare.save(target, "WEBP", quality=82, method=3)
