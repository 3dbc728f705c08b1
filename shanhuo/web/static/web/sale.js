// The box of a hot sale (限时限量): a countdown by the server's clock, and a button that asks the hot
// door until it gets an answer. The door answers a repeated request like the first one, so asking
// again on a weak network costs nobody a place and gives nobody two. Where too many ask at once the
// door tells the place in the line; its ticket keeps that place. Without this module the form goes to
// the calm route.

const DOOR = "/hot/buy";
const ANSWER_WITHIN_MS = 8000;
const MOST_TRIES = 12;
const LONGEST_PAUSE_MS = 5000;
const AGAIN = new Set(["try_again"]);

const pause = (ms) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  window.addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
});

/** Milliseconds by the server's clock. A clock that stood still while the phone slept is overtaken
 *  by the phone's own; one that a person has set forward only earns the answer "not open yet". */
function serverClock(said) {
  const [visit] = performance.getEntriesByType("navigation");
  const answered = visit?.responseStart ?? 0;
  const wall = performance.timeOrigin + answered;
  return () => said + Math.max(performance.now() - answered, Date.now() - wall);
}

function span(ms, dayWord) {
  const seconds = Math.ceil(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const time = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  return days ? `${days} ${dayWord} ${time}` : time;
}

/** One request: what was told, or null if no answer came. */
async function ask(wish) {
  try {
    const answer = await fetch(DOOR, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wish),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return await answer.json();
  } catch {
    return null;
  }
}

async function askUntilAnswered(wish, tellTry, tellPlace) {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const told = await ask(wish);
    if (told?.state === "waiting") {
      wish.ticket = told.ticket;
      tellPlace(told);
      tries = 0;
      await pause(told.again_s * 1000 * (1 + Math.random() / 4));
      continue;
    }
    const code = told?.state ?? told?.code;
    if (code && !AGAIN.has(code)) return code;
    // Perhaps we got something and the answer was lost: only the database knows.
    wish.again = true;
    tellTry(tries);
    // Thousands were refused in the same moment: they come back spread out.
    await pause(Math.min(LONGEST_PAUSE_MS, 400 * 1.5 ** tries) * (0.5 + Math.random()));
  }
  return "unreachable";
}

function awaken(box) {
  const { now, from, until, coming, running, over, days } = box.dataset;
  const serverNow = serverClock(Number(now));
  const clock = box.querySelector("[data-clock]");
  const form = box.querySelector("form[data-token]");
  const button = form?.querySelector("[data-buy]");
  let asking = false;

  const tick = () => {
    const moment = serverNow();
    const isOpen = moment >= Number(from) && moment < Number(until);
    if (button) button.disabled = asking || !isOpen;
    if (moment < Number(from)) clock.textContent = coming.replace("{time}", span(Number(from) - moment, days));
    else if (isOpen) clock.textContent = running.replace("{time}", span(Number(until) - moment, days));
    else clock.textContent = over;
  };

  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    const words = form.dataset;
    const state = form.querySelector("[data-state]");
    state.textContent = words.asking;
    tick();
    const wish = { token: words.token, quantity: Number(form.elements.quantity.value) };
    const code = await askUntilAnswered(
      wish,
      (tries) => { state.textContent = words.again.replace("{number}", tries); },
      ({ place, again_s: seconds }) => {
        state.textContent = words.waiting.replace("{place}", place).replace("{seconds}", seconds);
      },
    );
    state.textContent = words[code] ?? words.unreachable;
    if (code === "kept") {
      window.location.assign(words.order);
      return;
    }
    asking = false;
    tick();
  });

  tick();
  setInterval(tick, 500);
}

for (const box of document.querySelectorAll("[data-sale]")) awaken(box);
