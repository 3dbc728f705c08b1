// The room beside a picture: figures, chat and state as they change. It listens by a socket; while
// there is none it reads the small file beside the playlist and says how old that is. What it learns
// of goods and state it hands on as the event `shanhuo:room`. Every text is put in as text.

const BEAT_MS = 15000;
const LIKES_EVERY_MS = 2000;
const READ_EVERY_MS = 4000;
const LATE_AFTER_S = 20;
const ANSWER_WITHIN_MS = 10000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
const MOST_LINES = 80;
const MOST_LIKES = 50;
const TOLD_EVERY_MS = 15000;
// Everybody hears of a new version in the same tick; not everybody asks in the same tenth.
const SPREAD_MS = 1500;

const room = document.querySelector("[data-room]");
const at = (name) => room.querySelector(`[data-${name}]`);
const { dataset: words } = room;
const lines = at("lines");
const badges = at("badges").content.firstElementChild.dataset;
const say = (text, tone = "") => document.dispatchEvent(new CustomEvent("shanhuo:say", { detail: { text, tone } }));

let ticket = words.ticket;
let socket = null;
let failures = 0;
let version = Number(words.version);
let told = version;
let unsentLikes = 0;
let untold = 0;
let reading = 0;
const waiting = new Map();
const gone = new Set();

// ---- What is shown ----

function count(name, number) {
  const text = String(number);
  if (at(name).textContent !== text) at(name).textContent = text;
}

function addLine(id, name, body, badge) {
  if (gone.has(id) || lines.querySelector(`[data-line="${CSS.escape(id)}"]`)) return;
  const line = document.createElement("li");
  line.dataset.line = id;
  const part = (tag, text, css = "") => line.append(Object.assign(document.createElement(tag), { textContent: text, className: css }), " ");
  part("b", name);
  if (badges[badge]) part("span", badges[badge], "badge");
  part("span", body);
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
  lines.append(line);
  at("reportable")?.append(new Option(`${name}: ${body.slice(0, 30)}`, id));
  while (lines.children.length > MOST_LINES) forget(lines.firstElementChild.dataset.line);
  if (atEnd) lines.scrollTop = lines.scrollHeight;
  untold += 1;
}

function forget(id) {
  lines.querySelector(`[data-line="${CSS.escape(id)}"]`)?.remove();
  at("reportable")?.querySelector(`[value="${CSS.escape(id)}"]`)?.remove();
}

// A screen reader hears how many lines came, not each of them over the host's voice.
setInterval(() => {
  if (untold) at("told").textContent = words.news.replace("{}", untold);
  untold = 0;
}, TOLD_EVERY_MS);

/** The age is counted on for the eye; the ear hears once that the figures are old. */
function showAge(seconds) {
  const late = seconds >= LATE_AFTER_S ? words.late.replace("{}", Math.round(seconds)) : "";
  if (late && at("age").hidden) at("told").textContent = late;
  at("age").hidden = !late;
  at("age").textContent = late;
}

// ---- The file ----

/** Reads the file once; says what it holds to whoever shows goods and state. */
async function read() {
  try {
    const answer = await fetch(words.file, { cache: "no-cache" });
    if (!answer.ok) return;
    const state = await answer.json();
    const now = Date.parse(answer.headers.get("Date") ?? "") || Date.now();
    showAge(socket ? 0 : (now - Date.parse(state.now)) / 1000);
    if (state.version < version) return;
    version = state.version;
    // The file may be a moment older than the tick that spoke of it.
    if (socket && version < told) setTimeout(readSoon, 1000);
    if (!socket) {
      count("viewers", state.viewers);
      count("likes", state.likes);
    }
    at("announcement").textContent = state.announcement;
    at("announcement").hidden = !state.announcement;
    for (const line of state.messages) addLine(line.id, line.name, line.body, line.badge);
    room.dataset.state = state.state;
    document.dispatchEvent(new CustomEvent("shanhuo:room", { detail: state }));
  } catch {
    // The network is away; the next reading tells how old this is.
  }
}

/** Once, however many ticks ask for it meanwhile. */
function readSoon() {
  reading ||= setTimeout(() => {
    reading = 0;
    read();
  }, Math.random() * SPREAD_MS);
}

setInterval(() => {
  if (!socket && !document.hidden) read();
}, READ_EVERY_MS);

// ---- The socket ----

const heard = {
  tick({ v, l, m, h, r }) {
    count("viewers", v);
    count("likes", l);
    for (const line of m) addLine(...line);
    for (const id of h) {
      gone.add(id);
      forget(id);
    }
    told = Math.max(told, r);
    if (told > version) readSoon();
  },
  said({ c, ok, why }) {
    waiting.get(c)?.(ok ? "" : why);
    waiting.delete(c);
  },
};

function connect() {
  const line = new WebSocket(`${words.socket}?k=${ticket}`);
  line.onopen = () => {
    socket = line;
    failures = 0;
    showAge(0);
  };
  line.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    heard[message.t]?.(message);
  };
  line.onclose = ({ reason }) => {
    const wasOpen = socket === line;
    if (wasOpen) socket = null;
    for (const answer of waiting.values()) answer("busy");
    waiting.clear();
    if (reason === "banned") return sentOut();
    // A room that restarts gets everybody back, but not in the same second.
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    failures += 1;
    setTimeout(comeBack, pause * (0.5 + Math.random()), wasOpen);
  };
}

/** A ticket that once opened the room will do again; one that did not is asked for anew. */
async function comeBack(ticketIsGood) {
  if (!ticketIsGood) {
    try {
      const answer = await fetch(words.renew, { headers: { Accept: "application/json" } });
      if (answer.status === 403) return sentOut();
      if (answer.ok) ({ ticket } = await answer.json());
    } catch {
      // Still no network: the socket will not open either, and we come here again.
    }
  }
  connect();
}

function sentOut() {
  say(words.sent_out, "bad");
  at("say")?.remove();
}

const tell = (message) => socket?.send(JSON.stringify(message));
setInterval(() => tell({ t: "hb" }), BEAT_MS);

// ---- Likes: summed here, told every two seconds ----

at("like")?.addEventListener("click", () => {
  unsentLikes = Math.min(MOST_LIKES, unsentLikes + 1);
  at("like").classList.remove("beats");
  requestAnimationFrame(() => at("like").classList.add("beats"));
});

setInterval(() => {
  if (!unsentLikes || !socket) return;
  tell({ t: "like", n: unsentLikes });
  unsentLikes = 0;
}, LIKES_EVERY_MS);

// ---- Saying something: by the socket where there is one, else the form is sent as it is ----

/** What became of the line: "" once it is kept, or why not. */
function said(text) {
  const nonce = crypto.randomUUID();
  tell({ t: "say", c: nonce, b: text });
  return new Promise((resolve) => {
    waiting.set(nonce, resolve);
    setTimeout(() => {
      waiting.delete(nonce);
      resolve("busy");
    }, ANSWER_WITHIN_MS);
  });
}

// Before the page's own handler of forms, which would lock this one for good.
at("say")?.addEventListener("submit", async (event) => {
  if (!socket) return;
  event.preventDefault();
  event.stopPropagation();
  const input = event.target.elements.body;
  const text = input.value;
  const button = event.target.querySelector("button");
  button.disabled = true;
  const why = await said(text);
  button.disabled = false;
  if (why === "" || why === "held") input.value = "";
  if (why) say(words[why] ?? words.not_said, why === "held" ? "" : "bad");
  input.focus();
});

lines.scrollTop = lines.scrollHeight;
if (words.ticket) {
  if (at("like")) at("like").hidden = false;
  connect();
}
