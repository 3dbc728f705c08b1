// What somebody did in the room of a session on air, for the sheet that led there (docs/signals.md):
// seen, played after a second of picture, finished after a minute of it, left after so long; and
// the goods that were opened, whose addresses say from where.

const PLAYED_MS = 1000;
const LONG_MS = 60000;
const SEEN_MS = 500;
const page = document.querySelector("[data-session]");
const video = page.querySelector("video");
const { sheet, slot } = page.dataset;
const told = new Set();
let watched = 0;
let last = 0;

function tell(kind, value = 0) {
  if (told.has(kind)) return;
  told.add(kind);
  document.dispatchEvent(new CustomEvent("shanhuo:signal", { detail: { sheet, slot, kind, value } }));
}

setTimeout(() => tell("exposure"), SEEN_MS);

video?.addEventListener("timeupdate", () => {
  const step = (video.currentTime - last) * 1000;
  last = video.currentTime;
  // A jump to the newest picture is not watching.
  if (step > 0 && step < 2000) watched += step;
  if (watched >= PLAYED_MS) tell("play");
  if (watched >= LONG_MS) tell("finish");
});

page.addEventListener("click", ({ target }) => {
  const link = target.closest("a[href*='session=']");
  if (!link) return;
  const address = new URL(link.href);
  address.searchParams.set("sheet", sheet);
  address.searchParams.set("slot", slot);
  link.href = address.href;
  tell("click_product");
}, true);

// Before signals.js hands over what there is: it listens on the window.
const leave = () => watched >= PLAYED_MS && tell("watch", watched);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
addEventListener("pagehide", leave, true);
