"""A bundle as one file for a court or an authority, to be read and verified without us."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from shanhuo.kernel.audit import Anchor
from shanhuo.live.evidence import folder, verify

_README = Path(__file__).parent.parent / "data" / "evidence-readme.md"
_PIECE = 1024 * 1024


def write(target: Path, *, session: str, parts: int, anchors: Sequence[Anchor]) -> int:
    """Write the zip, whole or not at all; returns its size. Raises OSError.

    Nothing is packed: films do not shrink, and what is stored can be cut out again by hand.
    """
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with ZipFile(unfinished, "w", ZIP_STORED, allowZip64=True) as package:
            root = f"evidence-{session}"
            package.writestr(_entry(f"{root}/README.md"), _README.read_bytes())
            package.writestr(_entry(f"{root}/verify.py"), Path(verify.__file__).read_bytes())
            package.writestr(_entry(f"{root}/anchors.json"), _anchors(anchors))
            for part in range(parts):
                sealed = folder.part_folder(session, part)
                for path in sorted(sealed.rglob("*")):
                    if path.is_file():
                        name = f"{root}/{sealed.name}/{path.relative_to(sealed).as_posix()}"
                        _copy(package, name, path)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _anchors(anchors: Iterable[Anchor]) -> bytes:
    rows = [asdict(anchor) for anchor in anchors]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _copy(package: ZipFile, name: str, path: Path) -> None:
    entry = _entry(name)
    # Known beforehand, so that a film of 4 GiB and more gets the long form of its header.
    entry.file_size = path.stat().st_size
    with path.open("rb") as source, package.open(entry, "w") as target:
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while piece := source.read(_PIECE):
            target.write(piece)


def _entry(name: str) -> ZipInfo:
    """The same bytes give the same package: no times of ours."""
    entry = ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry
