// A page that shows products and posts tells what was seen of them and opened. It carries one sheet,
// and each thing on it a slot: <main data-sheet> … <article data-slot data-kind>. A banner within it
// has a sheet of its own.

const SEEN_MS = 500;
const page = document.querySelector("main");
const sheetOf = (thing) => thing.closest("[data-sheet]").dataset.sheet;
const seen = new Set();
const tell = (thing, kind, value) =>
  document.dispatchEvent(new CustomEvent("shanhuo:signal", { detail: { sheet: sheetOf(thing), slot: thing.dataset.slot, kind, value } }));

/** Seen is what stood on the screen, most of it, for half a second. */
const eye = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(target.seenIn);
    if (isIntersecting) target.seenIn = setTimeout(() => see(target), SEEN_MS);
  }
}, { threshold: 0.6 });

function see(thing) {
  eye.unobserve(thing);
  const key = `${sheetOf(thing)} ${thing.dataset.slot}`;
  if (!seen.has(key)) tell(thing, thing.dataset.seen ?? "exposure");
  seen.add(key);
}

for (const button of page.querySelectorAll("[data-signal=skip]")) button.hidden = false;
for (const thing of page.querySelectorAll("[data-slot]")) {
  eye.observe(thing);
  // The product page hands this on with the order: which showing led there.
  if (thing.dataset.kind === "click_product") {
    for (const link of thing.querySelectorAll("a")) link.search = new URLSearchParams({ sheet: sheetOf(thing), slot: thing.dataset.slot });
  }
}

page.addEventListener("click", ({ target }) => {
  const thing = target.closest("[data-slot]");
  const deed = target.closest("[data-signal]");
  if (!thing) return;
  if (deed) tell(thing, deed.dataset.signal, Number(deed.form?.elements.quantity?.value ?? 0));
  else if (target.closest("a") && thing.dataset.kind) tell(thing, thing.dataset.kind);
  if (deed?.dataset.signal === "skip") {
    thing.closest("[data-sheet]").remove();
    page.focus();
  }
});
