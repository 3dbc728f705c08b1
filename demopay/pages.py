"""The company's own page: what is paid, to whom, how much, and two buttons."""

from html import escape
from sqlite3 import Row

STYLE = """
:root {
  font: 17px/1.6 system-ui, "PingFang SC", "Noto Sans SC", sans-serif;
  color: #1d2421; background: #eef1f0;
}
body { margin: 0 auto; max-width: 28rem; padding: 1rem; }
main { background: #fff; border-radius: 1rem; padding: 1.5rem 1.25rem; }
h1 { font-size: 1.15rem; margin: 0 0 .75rem; }
.demo { background: #fff4d6; border-radius: .5rem; padding: .5rem .75rem; font-size: .9rem; }
.amount { font-size: 2.5rem; font-weight: 650; text-align: center; margin: 1rem 0 .25rem; }
.what { text-align: center; color: #56605b; margin: 0 0 1.5rem; }
button, .button {
  display: block; width: 100%; box-sizing: border-box; min-height: 3rem; margin-top: .75rem;
  border: 0; border-radius: .75rem; font: inherit; line-height: 3rem; text-align: center;
  text-decoration: none; cursor: pointer;
}
button { background: #0a6b4b; color: #fff; font-weight: 600; }
.button { background: #eef1f0; color: #1d2421; }
button:focus-visible, .button:focus-visible { outline: 3px solid #f2a900; outline-offset: 2px; }
"""

TEXTS = {
    "zh": {
        "title": "演示收银台",
        "demo": "这是演示用的支付公司，不会动用真实资金。",
        "pay": "确认付款",
        "back": "返回商家",
        "done": "已付款",
        "late": "这笔付款已关闭，请回到商家重新下单。",
        "unknown": "没有这笔付款。",
    },
    "en": {
        "title": "Demo payment company",
        "demo": "A payment company for demonstrations: no real money moves.",
        "pay": "Pay now",
        "back": "Back to the shop",
        "done": "Paid",
        "late": "This payment is closed. Go back to the shop and order again.",
        "unknown": "There is no such payment.",
    },
}


def language_of(accepted: str) -> str:
    """ "zh" unless the browser asks for English first."""
    return "en" if accepted.strip().lower().startswith("en") else "zh"


def pay_page(payment: Row, *, language: str, open_for_payment: bool) -> str:
    """The page of one payment; its form posts to its own address."""
    texts = TEXTS[language]
    if payment["state"] == "SUCCESS":
        action = f'<p class="what">{texts["done"]} ✓</p>'
    elif open_for_payment:
        action = f'<form method="post"><button>{texts["pay"]}</button></form>'
    else:
        action = f'<p class="what">{texts["late"]}</p>'
    return _page(
        language,
        f"""<p class="amount">¥{payment["total"] // 100}.{payment["total"] % 100:02d}</p>
<p class="what">{escape(payment["description"])}</p>
{action}
<a class="button" href="{escape(payment["return_url"], quote=True)}">{texts["back"]}</a>""",
    )


def unknown_page(*, language: str) -> str:
    """For an address that no payment has."""
    return _page(language, f'<p class="what">{TEXTS[language]["unknown"]}</p>')


def _page(language: str, inside: str) -> str:
    texts = TEXTS[language]
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{texts["title"]}</title><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>{texts["title"]}</h1><p class="demo">{texts["demo"]}</p>
{inside}
</main></body></html>"""
