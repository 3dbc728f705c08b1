"""look_at_pages.py <origin>: the public pages of a running demo answer, and carry the season."""

import sys
from urllib.request import urlopen

PAGES = {
    "/": "山货",
    "/goods": "奉节脐橙",
    "/c/500237": "巫山县",
    "/c/500237/shop": "巫山脆李",
    "/pool": "十八洞猕猴桃",
    "/watch": "示例画面",
    "/metrics": "增收",
    "/account/sign-in": "手机",
}


def main(origin: str) -> None:
    for path, word in PAGES.items():
        with urlopen(origin + path, timeout=20) as answer:  # noqa: S310 - our own server
            text = answer.read().decode()
        if word not in text:
            sys.exit(f"{path} does not mention {word}")
        print(f"{path} is there ({len(text)} characters)")


if __name__ == "__main__":
    main(sys.argv[1])
