// The page of a live session: what its room tells (`shanhuo:room`, by room.js) of state and goods is
// shown here, and before it begins a countdown runs. Without this module the page stands as it came.

const $ = (selector, from = document) => from.querySelector(selector);
const page = $("[data-session]");

const chinese = document.documentElement.lang.startsWith("zh");
const compact = (number) => {
  for (const [size, unit] of chinese ? [[1e8, "亿"], [1e4, "万"]] : [[1e6, "M"], [1e3, "k"]]) {
    if (number >= size) return `${Math.floor((number * 10) / size) / 10}${unit}`;
  }
  return String(number);
};
const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;
const show = (element, is) => element?.toggleAttribute("hidden", !is);
const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

// ---- before it begins ----

function span(ms, days) {
  const seconds = Math.ceil(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  const [day, many] = days.split("|");
  const whole = Math.floor(seconds / 86400);
  return whole ? `${whole} ${whole === 1 ? day : many} ${clock}` : clock;
}

for (const clock of document.querySelectorAll("[data-countdown]")) {
  const { now, until, days, soon } = clock.dataset;
  const [visit] = performance.getEntriesByType("navigation");
  const answered = visit?.responseStart ?? 0;
  const wall = performance.timeOrigin + answered;
  const tick = () => {
    // From what the server said, by a clock that nobody sets; the phone's makes up for its sleep.
    const passed = Math.max(performance.now() - answered, Date.now() - wall);
    const left = Number(until) - Number(now) - passed;
    clock.textContent = left > 0 ? span(left, days) : soon;
  };
  tick();
  setInterval(tick, 1000);
}

// ---- the state of the session ----

/** A page of another kind stands at this address now; thousands open it spread over some seconds. */
function openAnew() {
  if (page.dataset.leaving) return;
  page.dataset.leaving = "1";
  setTimeout(() => location.reload(), 500 + Math.random() * 2500);
}

const OVER = new Set(["ended", "sealed"]);

function tellState(state) {
  const before = page.dataset.state;
  if (before === state) return;
  if (before === "scheduled" || OVER.has(state)) return openAnew();
  page.dataset.state = state;
  show($("[data-gap]"), state === "interrupted");
  for (const sign of document.querySelectorAll("[data-sign]")) show(sign, sign.dataset.sign === state);
}

// ---- goods ----

function goodOf(item, list) {
  const known = [...list.children].find((row) => row.dataset.item === String(item.id));
  if (known) return known;
  const row = document.createElement("li");
  row.className = "ware";
  row.dataset.item = item.id;
  row.innerHTML = '<span class="thumb no-picture"></span><div class="grow"><p class="row tight"><strong></strong><span class="badge warm" data-on-screen hidden></span><span class="badge info" data-explain hidden></span></p><p class="price" data-price></p></div><a class="button primary" data-buy></a>';
  $("strong", row).textContent = item.title;
  const link = $("a", row);
  link.href = item.address;
  link.textContent = list.dataset.buy;
  link.append(Object.assign(document.createElement("span"), { className: "unseen", textContent: ` ${item.title}` }));
  return row;
}

/** The bar over the film: what is on the screen now, and the way to buy it. */
function tellPinned(pinned) {
  const bar = $("[data-pinned]");
  show(bar, Boolean(pinned));
  if (!bar || !pinned) return;
  bar.href = pinned.address;
  write($("[data-title]", bar), pinned.title);
  write($("[data-price]", bar), yuan(pinned.price_fen));
}

function tellGoods({ items, pinned }) {
  const list = $("[data-goods]");
  if (!list) {
    if (items.length) openAnew();
    return;
  }
  const rows = items.map((item) => {
    const row = goodOf(item, list);
    const isPinned = pinned?.id === item.id;
    row.classList.toggle("pinned", isPinned);
    show($("[data-on-screen]", row), isPinned);
    const word = list.dataset[item.state];
    write($("[data-explain]", row), word ?? "");
    show($("[data-explain]", row), Boolean(word));
    const price = yuan(item.price_fen);
    if ($("[data-price]", row).textContent.replaceAll(",", "").trim().split(" ")[0] !== price) write($("[data-price]", row), price);
    return { row, isPinned };
  });
  tellPinned(pinned);
  rows.sort((one, other) => other.isPinned - one.isPinned);
  const ordered = rows.map(({ row }) => row);
  if (ordered.some((row, place) => list.children[place] !== row) || list.children.length !== ordered.length) list.replaceChildren(...ordered);
}

// ---- coupons ----

function couponOf(one, list) {
  const known = list.querySelector(`[data-coupon="${CSS.escape(one.id)}"]`);
  if (known) return known;
  const row = $("[data-coupon-new]").content.firstElementChild.cloneNode(true);
  row.dataset.coupon = one.id;
  write($("[data-off]", row), yuan(one.off_fen));
  write($("[data-threshold]", row), list.dataset.from.replace("{}", yuan(one.threshold_fen)));
  write($("[data-merchant]", row), one.merchant);
  write($("[data-which]", row), ` ${list.dataset.which.replace("{off}", yuan(one.off_fen)).replace("{amount}", yuan(one.threshold_fen))}`);
  show($("[data-only-here]", row), one.only_here);
  $("form", row)?.setAttribute("action", one.address);
  return row;
}

/** What the hosts give out. Of which the reader has all that one person can have, the page knows. */
function tellCoupons(coupons) {
  const list = $("[data-coupons]");
  if (!list) return;
  const had = new Set(list.dataset.had.split(" "));
  const rows = coupons.map((one) => couponOf(one, list));
  rows.forEach((row, place) => {
    const { id, left } = coupons[place];
    write($("[data-left]", row), list.dataset.left.replace("{}", left));
    show($("[data-yours]", row), had.has(id));
    show($("[data-all-taken]", row), !left && !had.has(id));
    show($("form, a.button", row), left && !had.has(id));
  });
  if (rows.some((row, place) => list.children[place] !== row) || list.children.length !== rows.length) list.replaceChildren(...rows);
  show($("[data-coupons-box]"), rows.length > 0);
}

// ---- questions: for those who only watch; the cast and whoever waits are asked for anew ----

function tellQueue({ answering, next, waiting }) {
  const box = $("[data-queue]");
  if (!box) return;
  write($("[data-waiting]", box), String(waiting));
  show($("[data-answering]", box), Boolean(answering));
  for (const name of ["body", "expert", "asker"]) write($(`[data-${name}]`, box), answering?.[name] ?? "");
  show($("[data-badge]", box), Boolean(answering?.expert));
  const list = $("[data-next]", box);
  list.replaceChildren(...next.map(questionRow));
  show(list, next.length > 0);
  show($("[data-nobody]", box), !answering && !next.length);
}

function questionRow({ body, asker, crop, symptom }) {
  const row = document.createElement("li");
  const told = Object.assign(document.createElement("div"), { className: "grow", textContent: body });
  const about = [asker, crop, symptom].filter(Boolean).join(" · ");
  told.append(Object.assign(document.createElement("div"), { className: "small soft", textContent: about }));
  row.append(told);
  return row;
}

// ---- what the room tells ----

document.addEventListener("shanhuo:room", ({ detail }) => {
  tellState(detail.state);
  write($("[data-watching]"), compact(detail.viewers));
  tellGoods(detail);
  tellCoupons(detail.coupons);
  tellQueue(detail.questions);
});

// ---- a replay: its chapters, and an address that names a part (#t=61,95) ----

const seek = (seconds) => document.dispatchEvent(new CustomEvent("shanhuo:film-seek", { detail: { seconds } }));

document.addEventListener("click", ({ target }) => {
  const chapter = target.closest("[data-seek]");
  if (!chapter) return;
  seek(Number(chapter.dataset.seek) / 1000);
  document.querySelector("[data-film]")?.scrollIntoView({ block: "nearest" });
});

const part = location.hash.match(/^#t=(\d+)/);
if (part) addEventListener("load", () => seek(Number(part[1])));
