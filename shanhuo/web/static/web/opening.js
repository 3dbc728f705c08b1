// The opening card (开屏): at most once a visit, behind the page and never before it. Whoever already
// scrolls, taps or types is at work, and is left in peace. One tap, Escape or a tap beside it closes it.

const LATEST_MS = 10000;
const SEEN_MS = 500;
const { opening } = document.body.dataset;
const atWork = () => navigator.userActivation?.hasBeenActive || scrollY > 0 || document.hidden || performance.now() > LATEST_MS;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

if (!atWork()) ask();

async function ask() {
  const answer = await fetch(opening, { credentials: "same-origin" });
  if (answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = page.querySelector("dialog");
  if (dialog && !atWork() && !document.querySelector("dialog[open]")) open(document.adoptNode(dialog));
}

function open(dialog) {
  document.body.append(dialog);
  const told = tellerOf(dialog);
  let left = isCalm ? 0 : Number(dialog.dataset.seconds);
  const skip = () => {
    told("skip");
    localStorage.setItem("opening", today());
    dialog.close();
  };
  dialog.querySelector("[data-skips]").addEventListener("click", skip);
  dialog.addEventListener("cancel", skip);
  dialog.addEventListener("click", ({ target }) => target === dialog && skip());
  const link = dialog.querySelector("a[data-kind]");
  if (link.dataset.kind === "click_product") link.search = new URLSearchParams({ sheet: dialog.dataset.sheet, slot: 0 });
  link.addEventListener("click", () => told(link.dataset.kind));
  const seenIn = setTimeout(() => told("exposure"), SEEN_MS);
  // Whoever touches it wants to read: the clock stops. With reduced motion it never runs.
  for (const sign of ["pointermove", "pointerdown", "keydown"]) dialog.addEventListener(sign, () => stop());
  const clock = setInterval(tick, 1000);
  const stop = () => {
    clearInterval(clock);
    say("");
  };
  const say = (text) => (dialog.querySelector("[data-left]").textContent = text);
  function tick() {
    if (--left > 0) say(left);
    else dialog.close();
  }
  dialog.addEventListener("close", () => {
    clearInterval(clock);
    clearTimeout(seenIn);
    dialog.remove();
  });
  dialog.showModal();
  if (left) say(left);
  else stop();
}

function tellerOf({ dataset: { sheet, signals } }) {
  if (!document.querySelector(`script[src="${signals}"]`)) {
    document.head.append(Object.assign(document.createElement("script"), { type: "module", src: signals }));
  }
  return (kind) => document.dispatchEvent(new CustomEvent("shanhuo:signal", { detail: { sheet, slot: 0, kind } }));
}

/** The day in Shanghai, as the platform counts it. */
function today() {
  return new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
}
