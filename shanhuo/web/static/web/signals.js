// Tells the platform what was seen and done, in batches. Other modules speak to it by
// document.dispatchEvent(new CustomEvent("shanhuo:signal", {detail: {sheet, slot, kind, value}})).
// docs/signals.md explains the fields. Nothing is believed without the sheet that came with a list.

const KINDS = { exposure: 1, play: 2, finish: 3, like: 4, unlike: 5, comment: 6, share: 7, follow: 8, not_interested: 9, click_product: 10, open_county: 11, basket: 12, buy_click: 13, watch: 14, open_post: 15, skip: 16, open_item: 17 };
const ADDRESS = "/hot/signals";
const MOST_SIGNALS = 50;
const MOST_SHEETS = 10;
const MOST_KEPT = 500;
const EVERY_MS = 4000;
const LONGEST_WAIT_MS = 120000;
const LIFE_MS = 2 * 60 * 60 * 1000;
const STORE = "signals";

// Each waiting signal is [sheet, slot, kind, moment, value]; moments are this device's own.
let waiting = recall();
let wait = EVERY_MS;
let timer = 0;
let sending = false;

function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
    sessionStorage.removeItem(STORE);
    return kept;
  } catch {
    return [];
  }
}

function keep() {
  try {
    if (waiting.length) sessionStorage.setItem(STORE, JSON.stringify(waiting.slice(-MOST_KEPT)));
    else sessionStorage.removeItem(STORE);
  } catch {
    // A browser that keeps nothing for us loses what it could not send: signals are never worth an error.
  }
}

/** Takes the next batch out of the queue as the body of a request; expired signals are dropped. */
function take() {
  const now = Date.now();
  waiting = waiting.filter(([, , , moment]) => now - moment < LIFE_MS).slice(-MOST_KEPT);
  const sheets = [];
  const taken = [];
  const left = [];
  for (const signal of waiting) {
    const [sheet] = signal;
    const fits = taken.length < MOST_SIGNALS && (sheets.includes(sheet) || sheets.length < MOST_SHEETS);
    if (fits && !sheets.includes(sheet)) sheets.push(sheet);
    (fits ? taken : left).push(signal);
  }
  waiting = left;
  const signals = taken.map(([sheet, slot, kind, moment, value]) => [sheets.indexOf(sheet), slot, kind, Math.max(0, now - moment), value]);
  return { taken, body: new Blob([JSON.stringify({ sheets, signals })], { type: "application/json" }) };
}

async function send() {
  timer = 0;
  if (sending || !waiting.length) return;
  const { taken, body } = take();
  if (!taken.length) return;
  sending = true;
  let again = false;
  try {
    const answer = await fetch(ADDRESS, { method: "POST", body, keepalive: true, credentials: "same-origin" });
    // 503 and 429 ask to come back; any other refusal would be the same next time.
    again = answer.status >= 500 || answer.status === 429;
  } catch {
    again = true;
  }
  sending = false;
  if (again) waiting = [...taken, ...waiting];
  wait = again ? Math.min(wait * 2, LONGEST_WAIT_MS) : EVERY_MS;
  keep();
  if (waiting.length) plan();
}

function plan() {
  timer ||= setTimeout(send, wait);
}

/** The page goes away: hand over what there is, or keep it for the next page of this visit. */
function leave() {
  while (waiting.length) {
    const { taken, body } = take();
    if (!taken.length) break;
    if (!navigator.onLine || !navigator.sendBeacon(ADDRESS, body)) {
      waiting = [...taken, ...waiting];
      break;
    }
  }
  keep();
}

document.addEventListener("shanhuo:signal", ({ detail: { sheet, slot, kind, value = 0 } }) => {
  if (!sheet || !(kind in KINDS)) return;
  waiting.push([sheet, Number(slot), KINDS[kind], Date.now(), Math.max(0, Math.round(value))]);
  if (waiting.length >= MOST_SIGNALS) send();
  else plan();
});
addEventListener("online", () => {
  wait = EVERY_MS;
  send();
});
// On the window: after the page's own modules had their last word on the document.
addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
addEventListener("pagehide", leave);
if (waiting.length) plan();
