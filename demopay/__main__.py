"""`python -m demopay`: run the payment company."""

import argparse
import contextlib
import time
from functools import partial
from pathlib import Path

from demopay.server import Company, Merchant


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="demopay", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("var/demo/demopay"))
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--origin", default="", help="how buyers reach it, if not by 127.0.0.1")
    parser.add_argument("--merchant-id", default="shanhuo-demo")
    parser.add_argument("--app-id", default="shanhuo-web")
    parser.add_argument(
        "--merchant-key", type=Path, help="public key, PEM; default: merchant.pub.pem in the folder"
    )
    parser.add_argument("--time-scale", type=float, default=0.1, help="pauses between notices")
    parser.add_argument(
        "--clock-file",
        type=Path,
        help="for rehearsals: the books go by the clock written in here, see below",
    )
    given = parser.parse_args()
    company = Company(
        data_dir=given.data_dir,
        port=given.port,
        origin=given.origin,
        merchant=Merchant(
            given.merchant_id,
            given.app_id,
            given.merchant_key or given.data_dir / "merchant.pub.pem",
        ),
        time_scale=given.time_scale,
        clock=partial(_written_in, given.clock_file) if given.clock_file else time.time,
    )
    with company, contextlib.suppress(KeyboardInterrupt):
        company.serve_forever()


def _written_in(path: Path) -> float:
    """One number: the clock stands there. `since moment rate until`: at `since` it showed `moment`,
    and goes `rate` times as fast as ours until it shows `until`. No file: our own time.

    Signatures keep the real time all the same: only expiry and the books follow the file.
    """
    if not path.exists():
        return time.time()
    first, *others = map(float, path.read_text().split())
    if not others:
        return first
    moment, rate, until = others
    passed = max(0.0, time.time() - first)
    fast = min(passed, max(0.0, until - moment) / rate)
    return moment + fast * rate + (passed - fast)


if __name__ == "__main__":
    main()
