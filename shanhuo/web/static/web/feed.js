// The vertical feed: one clip, or one session on air, per screen. Without this script the page is a list of films that play
// in place. On mobile data nothing plays, and nothing is loaded ahead, before a tap.

const feed = document.getElementById("feed");
const blank = document.getElementById("clip");
const blankSession = document.getElementById("session");
const dialog = document.getElementById("why");
const words = feed.dataset;
const SEEN_MS = 500;
const PLAYED_MS = 1000;
const FINISHED = 0.95;
const AHEAD = 3;
const ASK_EVERY_MS = 5000;

let active = null;
let muted = true;
let loading = false;
let ended = false;
// Whatever stood here once, also what was sent away, is not shown on this page again.
const shown = new Set();

const $ = (clip, selector) => clip.querySelector(selector);
const tell = (clip, kind, value) => document.dispatchEvent(new CustomEvent("shanhuo:signal", { detail: { sheet: clip.dataset.sheet, slot: clip.dataset.slot, kind, value } }));
const say = (text) => document.dispatchEvent(new CustomEvent("shanhuo:say", { detail: { text } }));
const megabytes = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;

// ---- May it play by itself? Only where we know that it costs nothing. ----

/** False on mobile data, with data saving on, and on a phone that does not say how it is connected. */
function free() {
  const line = navigator.connection;
  if (line?.saveData) return false;
  if (line?.type && line.type !== "unknown") return line.type === "wifi" || line.type === "ethernet";
  return !matchMedia("(pointer: coarse)").matches;
}

// ---- One clip ----

function prepare(clip) {
  const film = $(clip, ".film");
  if (!film) return;
  film.controls = false;
  film.muted = muted;
  const start = $(clip, ".start");
  $(start, ".size").textContent = Number(clip.dataset.bytes) ? words.play.replace("SIZE", megabytes(clip.dataset.bytes)) : "";
  start.setAttribute("aria-label", $(start, ".size").textContent || "▶");
  start.hidden = free();
  clip.watched = 0;
  film.addEventListener("timeupdate", () => watched(clip, film));
  film.addEventListener("playing", () => (start.hidden = true));
  film.addEventListener("error", () => recover(clip, film), true);
}

/** Plays are counted after a second, finishes near the end; the time of each pass is added up. */
function watched(clip, film) {
  const step = film.currentTime - (clip.lastTime ?? 0);
  if (step > 0 && step < 2) clip.watched += step * 1000;
  clip.lastTime = film.currentTime;
  if (!clip.played && clip.watched >= PLAYED_MS) clip.played = !tell(clip, "play") || true;
  if (!clip.finished && film.duration && film.currentTime >= film.duration * FINISHED) clip.finished = !tell(clip, "finish") || true;
}

function broken(clip) {
  const problem = $(clip, ".problem");
  problem.textContent = navigator.onLine ? words.broken : words.offline;
  problem.hidden = false;
  $(clip, ".start").hidden = true;
}

/** Give the film its one address: the stream where this browser plays it, the small file elsewhere. */
function load(clip, film) {
  if (film.dataset.loaded) return;
  film.dataset.loaded = "1";
  const streams = free() && clip.dataset.hls && film.canPlayType("application/vnd.apple.mpegurl");
  // Before `preload`: a browser told to load begins at once with what it knows, the small file.
  film.src = streams ? clip.dataset.hls : clip.dataset.mp4;
  film.preload = "auto";
}

/** Some browsers claim to play streams and do not: then the small file, once. */
function recover(clip, film) {
  if (!film.dataset.loaded || film.getAttribute("src") === clip.dataset.mp4) return broken(clip);
  film.src = clip.dataset.mp4;
  if (clip === active) play(clip);
}

async function play(clip, { byHand = false } = {}) {
  const film = $(clip, ".film");
  if (!film || !(byHand || free())) return;
  if (byHand) muted = false;
  film.muted = muted;
  load(clip, film);
  try {
    await film.play();
  } catch {
    $(clip, ".start").hidden = film.error !== null;
  }
}

function stop(clip) {
  const film = $(clip, ".film");
  film?.pause();
  // Photographs are watched while they stand on the screen; a session is watched in its room.
  if (!film && !clip.dataset.room && clip.arrivedAt) clip.watched = Math.round(performance.now() - clip.arrivedAt);
  if (clip.watched >= PLAYED_MS && !clip.told) {
    clip.told = true;
    tell(clip, "watch", clip.watched);
  }
}

// ---- Which clip is on the screen ----

const eye = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) arrive(target);
    else if (target === active) leave(target);
  }
}, { threshold: 0.6 });

function arrive(clip) {
  if (active && active !== clip) leave(active);
  active = clip;
  clip.arrivedAt = performance.now();
  setTimeout(() => {
    if (active !== clip || clip.exposed || clip.over) return;
    tell(clip, "exposure");
    clip.exposed = true;
  }, SEEN_MS);
  play(clip);
  ask(clip);
  lookAhead(clip);
  more();
}

/** How it is in the room of a session this second: it may have ended since the list was made. */
async function ask(clip) {
  if (!clip.dataset.room || clip.over) return;
  try {
    const answer = await fetch(clip.dataset.room, { cache: "no-cache" });
    if (!answer.ok) return;
    const { state, viewers } = await answer.json();
    clip.over = state !== "on_air" && state !== "interrupted";
    $(clip, "[data-on]").hidden = clip.over;
    $(clip, "[data-over]").hidden = !clip.over;
    $(clip, "[data-viewers]").hidden = clip.over || !viewers;
    $(clip, "[data-viewers] .num").textContent = viewers;
  } catch {
    // The network is away; the card stands as it was.
  }
}

setInterval(() => active && !document.hidden && ask(active), ASK_EVERY_MS);

/** The next cover comes when this one stands, so that they do not share a thin line; the next film
 * only where it costs nothing. */
function lookAhead(clip) {
  const next = clip.nextElementSibling;
  if (!next || navigator.connection?.saveData) return;
  const film = $(next, ".film");
  if (film && free()) load(next, film);
  const cover = $(clip, ".poster");
  const showNext = () => $(next, ".poster") && document.dispatchEvent(new CustomEvent("shanhuo:picture", { detail: $(next, ".poster") }));
  if (!cover || cover.complete) showNext();
  else cover.addEventListener("load", showNext, { once: true });
}

function leave(clip) {
  stop(clip);
  if (active === clip) active = null;
}

// ---- More clips ----

async function more() {
  const clips = [...feed.querySelectorAll(".clip")];
  const after = clips.length - 1 - clips.indexOf(active);
  if (loading || ended || after > AHEAD) return;
  loading = true;
  try {
    const answer = await fetch("/hot/feed", { credentials: "same-origin" });
    const { sheet, items } = await answer.json();
    ended = items.every((item) => shown.has(item.id));
    items.forEach((item, slot) => shown.has(item.id) || add(item, sheet, slot));
    document.dispatchEvent(new Event("shanhuo:wake"));
  } catch {
    say(words.offline);
  }
  loading = false;
}

function add(item, sheet, slot) {
  // Imported, not cloned: in the document of a template no address can be changed.
  const clip = document.importNode((item.live ? blankSession : blank).content.firstElementChild, true);
  const fill = (name, value) => ($(clip, `[data-f="${name}"]`).textContent = value);
  Object.assign(clip.dataset, { sheet, slot, id: item.id });
  fill("author", item.author.name);
  fill("county", item.county.name);
  fill("caption", item.caption);
  $(clip, ".where").href = words.shop.replace("ID", item.county.code);
  $(clip, ".reason").search = new URLSearchParams({ sheet, slot });
  if (item.cover) $(clip, '[data-f="cover"]').dataset.src = item.cover;
  else $(clip, '[data-f="cover"]').remove();
  if (item.live) fillSession(clip, item);
  else fillClip(clip, item, fill);
  fillGoods(clip, item, fill);
  feed.append(clip);
  begin(clip);
}

function fillClip(clip, item, fill) {
  Object.assign(clip.dataset, { hls: item.video?.hls ?? "", mp4: item.video?.mp4 ?? "", bytes: item.video?.bytes ?? 0 });
  if (item.video) $(clip, ".film").dataset.poster = item.cover;
  else $(clip, ".film").remove();
  clip.classList.toggle("wide", item.video?.width > item.video?.height);
  fill("likes", item.counts.likes);
  fill("comments", item.counts.comments);
  $(clip, '[data-f="page"]').href = words.page.replace("ID", item.id);
}

function fillSession(clip, item) {
  const { sheet, slot } = clip.dataset;
  clip.dataset.room = item.live.room;
  for (const link of clip.querySelectorAll('[data-kind="open_post"]')) {
    link.href = words.live.replace("ID", item.id);
    link.search = new URLSearchParams({ sheet, slot });
  }
}

/** What it sells, by an address that says where it was shown. */
function fillGoods(clip, item, fill) {
  const goods = $(clip, ".goods");
  if (!item.product) return goods.remove();
  const { sheet, slot } = clip.dataset;
  goods.href = words.goods.replace("ID", item.product.id);
  goods.search = new URLSearchParams({ [item.live ? "session" : "post"]: item.id, sheet, slot });
  fill("product", item.product.title);
  fill("price", item.product.price_fen ? `¥${(item.product.price_fen / 100).toFixed(2)}` : "");
  $(goods, "img").dataset.src = item.product.cover;
  $(goods, "img").hidden = !item.product.cover;
}

function begin(clip) {
  shown.add(clip.dataset.id);
  prepare(clip);
  eye.observe(clip);
}

// ---- Thumbs ----

function like(clip, button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on);
  const count = $(button, '[data-f="likes"]');
  if (/^\d+$/.test(count.textContent)) count.textContent = Math.max(0, Number(count.textContent) + (on ? 1 : -1));
  tell(clip, on ? "like" : "unlike");
  document.dispatchEvent(new CustomEvent("shanhuo:like", { detail: { id: clip.dataset.id, on } }));
}

async function share(clip) {
  const page = new URL($(clip, '[data-f="page"]').href);
  page.search = "";
  const url = page.href;
  tell(clip, "share");
  if (navigator.share) return navigator.share({ title: $(clip, '[data-f="caption"]').textContent, url }).catch(() => {});
  return navigator.clipboard?.writeText(url).then(() => say(document.body.dataset.copied));
}

async function why(clip, link) {
  dialog.clip = clip;
  const box = $(dialog, ".words");
  box.textContent = "…";
  dialog.showModal();
  try {
    const answer = await fetch(`${link.href}&fragment=1`, { credentials: "same-origin" });
    box.innerHTML = answer.ok ? await answer.text() : words.broken;
  } catch {
    box.textContent = words.offline;
  }
}

function pass(clip) {
  tell(clip, "not_interested");
  dialog.close();
  const next = clip.nextElementSibling;
  eye.unobserve(clip);
  leave(clip);
  clip.remove();
  next?.scrollIntoView();
  say(words.hidden);
}

function toggle(clip) {
  const film = $(clip, ".film");
  if (!film) return;
  if (film.paused) play(clip, { byHand: true });
  else {
    film.pause();
    $(clip, ".start").hidden = false;
  }
}

feed.addEventListener("click", (event) => {
  const clip = event.target.closest(".clip");
  const button = event.target.closest("button, a");
  if (!clip) return;
  if (!button || button.matches(".start")) {
    if (event.target.closest(".screen")) toggle(clip);
  } else if (button.matches(".like")) like(clip, button);
  else if (button.matches(".pass")) share(clip);
  else if (button.matches(".sound")) sound();
  else if (button.matches(".reason")) {
    event.preventDefault();
    why(clip, button);
  } else if (button.dataset.kind) tell(clip, button.dataset.kind);
});

function sound() {
  muted = !muted;
  for (const clip of feed.querySelectorAll(".clip")) {
    const film = $(clip, ".film");
    if (film) film.muted = muted;
    $(clip, ".sound").setAttribute("aria-pressed", !muted);
  }
}

$(dialog, "[data-not-interested]").addEventListener("click", () => pass(dialog.clip));
navigator.connection?.addEventListener?.("change", () => free() || active?.querySelector(".film")?.pause());
document.addEventListener("visibilitychange", () => {
  if (!active) return;
  if (document.visibilityState === "hidden") stop(active);
  else play(active);
});
document.addEventListener("keydown", ({ key }) => {
  if (!active || dialog.open) return;
  if (key === "ArrowDown") active.nextElementSibling?.scrollIntoView();
  if (key === "ArrowUp") active.previousElementSibling?.scrollIntoView();
});

document.documentElement.classList.add("one-by-one");
feed.querySelectorAll(".clip").forEach(begin);
