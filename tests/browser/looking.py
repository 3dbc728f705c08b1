"""What an eye would see on a page, text that is too pale for its ground; where a keyboard leads."""

from typing import Any

from playwright.sync_api import Page

# WCAG 2.2, 1.4.3: 4.5 for text, 3.0 from 24 px, or from 18.66 px in bold. Text over a picture or a
# gradient has no one ground and is left to a person.
_PALE = """
() => {
  const PICTURES = ".picture, .screen, .clip";
  const UNSEEN = "noscript, script, template, option, :disabled, .unseen, .skip";
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
  const ratio = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((x, y) => x - y);
    return (bright + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const {backgroundColor, backgroundImage} = getComputedStyle(at);
      if (backgroundImage.includes("gradient") || at.matches(PICTURES)) return null;
      const colour = channels(backgroundColor);
      if (colour[3] !== 0) layers.push(colour);
      if ((colour[3] ?? 1) === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const pale = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const element = node.parentElement;
    const words = node.data.trim().slice(0, 20);
    if (!words || element.closest(UNSEEN)) continue;
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const below = ground(element);
    if (!below) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = ratio(over(channels(style.color), below), below);
    const name = `${element.tagName}.${element.className}`;
    if (found < (large ? 3 : 4.5)) pale.set(name, `${found.toFixed(2)} ${words}`);
  }
  return Object.fromEntries(pale);
}
"""


# What has the focus: its words or name, whether one sees it, and whether it stands on the screen.
_FOCUS = """
() => {
  const at = document.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(at);
  const {top, bottom, width, height} = at.getBoundingClientRect();
  const labels = [...(at.labels ?? [])].map((label) => label.textContent.trim()).join(" ");
  return {
    tag: at.tagName,
    name: at.getAttribute("aria-label") || at.textContent.trim() || labels || "",
    marked: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    seen: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
  };
}
"""
MOST_STOPS = 200


def next_stop(page: Page) -> dict[str, Any]:
    page.keyboard.press("Tab")
    return dict(page.evaluate(_FOCUS))


def stops(page: Page) -> list[dict[str, Any]]:
    """All that Tab leads to from here, until one is out of the page again."""
    found: list[dict[str, Any]] = []
    while (stop := next_stop(page))["tag"] != "BODY":
        found.append(stop)
        assert len(found) < MOST_STOPS, "a trap"
    return found


def pale_text(page: Page) -> dict[str, str]:
    """Visible text with too little contrast: element -> ratio and its words."""
    return dict(page.evaluate(_PALE))
