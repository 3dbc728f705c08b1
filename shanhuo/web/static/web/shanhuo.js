// What every page needs and HTML cannot do alone. Pages work without it; this makes them kinder.
// Words come from data attributes on <body>, so that they are translated with the page.

const words = document.body.dataset;

const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

function say(text, tone = "") {
  const notice = document.createElement("div");
  notice.className = `notice ${tone}`;
  notice.setAttribute("role", tone === "bad" ? "alert" : "status");
  notice.append(Object.assign(document.createElement("div"), { textContent: text }));
  const board = document.getElementById("notices");
  board?.replaceChildren(notice);
  if (tone !== "bad") setTimeout(() => notice.remove(), 6000);
}

// Other modules speak through this event: modules do not import each other, their names are hashed.
document.addEventListener("shanhuo:wake", () => wake());
document.addEventListener("shanhuo:picture", ({ detail }) => fetchPicture(detail));
document.addEventListener("shanhuo:say", ({ detail }) => say(detail.text, detail.tone));

// ---- htmx: fetched by pages that use it, after what they show; the CSRF token on every writing
// request; a lost network is said in words ----

if (document.querySelector("[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]")) {
  document.head.append(Object.assign(document.createElement("script"), { src: words.htmx }));
}

document.addEventListener("htmx:config:request", ({ detail }) => {
  const token = cookie("csrftoken");
  if (token) detail.ctx.request.headers["X-CSRFToken"] = token;
});
document.addEventListener("htmx:error", () => say(navigator.onLine ? words.failed : words.offline, "bad"));

// ---- forms: sent once, kept on this phone until they arrive ----

const draftKey = (form) => `draft:${form.dataset.draft}`;
const SECRET = new Set(["password", "file", "hidden"]);

function typedInto(form) {
  const typed = {};
  for (const input of form.elements) {
    if (!input.name || SECRET.has(input.type) || input.type === "submit") continue;
    if (input.type === "checkbox" || input.type === "radio") {
      if (input.checked) (typed[input.name] ??= []).push(input.value);
    } else if (input.multiple) {
      typed[input.name] = [...input.selectedOptions].map((option) => option.value);
    } else if (input.value) {
      typed[input.name] = input.value;
    }
  }
  return typed;
}

function putBack(form, typed) {
  let changed = false;
  for (const input of form.elements) {
    const value = typed[input.name];
    if (value === undefined || SECRET.has(input.type)) continue;
    if (input.type === "checkbox" || input.type === "radio") {
      const wanted = value.includes(input.value);
      changed ||= wanted && !input.checked;
      input.checked = wanted;
    } else if (!input.multiple && !input.value) {
      input.value = value;
      changed = true;
    }
  }
  return changed;
}

function keepDraft(form) {
  // A form that came back with refusals already holds what was typed.
  const stored = localStorage.getItem(draftKey(form));
  const note = form.querySelector(".draft-note");
  if (stored && !form.querySelector("[aria-invalid]") && putBack(form, JSON.parse(stored)) && note) {
    note.textContent = words.restored;
  }
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      localStorage.setItem(draftKey(form), JSON.stringify(typedInto(form)));
      if (note) note.textContent = words.saved;
    }, 400);
  });
}

// A page that carries data-draft-done="key" says: what was kept under this key has arrived.
// ---- pictures: fetched when they come near the screen (see the tag `later`) ----

const nearing = new IntersectionObserver(
  (seen) => seen.filter((entry) => entry.isIntersecting).forEach((entry) => fetchPicture(entry.target)),
  // Within the screen: what only touches its edge, as the next clip of the feed does, is not near.
  { rootMargin: "-1px" },
);

function fetchPicture(image) {
  nearing.unobserve(image);
  for (const source of image.parentElement.querySelectorAll("source[data-srcset]")) source.srcset = source.dataset.srcset;
  if (image.dataset.src) image.src = image.dataset.src;
  image.removeAttribute("data-src");
  const film = image.parentElement.querySelector("[data-poster]");
  if (film?.dataset.poster) film.poster = film.dataset.poster;
}

function wake() {
  for (const image of document.querySelectorAll("img[data-src]")) nearing.observe(image);
  for (const done of document.querySelectorAll("[data-draft-done]")) localStorage.removeItem(`draft:${done.dataset.draftDone}`);
  for (const element of document.querySelectorAll("form[data-draft], input[type=file][data-preview]")) {
    if (element.dataset.awake) continue;
    element.dataset.awake = "yes";
    if (element.matches("form")) keepDraft(element);
    else showChosen(element);
  }
}

function showChosen(input) {
  input.addEventListener("change", () => {
    const frame = document.getElementById(input.dataset.preview);
    frame.replaceChildren(
      ...[...input.files].filter((file) => file.type.startsWith("image/")).map((file) => {
        const image = Object.assign(new Image(), { src: URL.createObjectURL(file), alt: file.name, className: "thumb" });
        image.onload = () => URL.revokeObjectURL(image.src);
        return image;
      }),
    );
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (!navigator.onLine) {
    event.preventDefault();
    say(words.offline, "bad");
    return;
  }
  const button = event.submitter;
  if (!button?.classList.contains("button")) return;
  // After this turn of the loop: a disabled button would take its own name=value out of the form.
  setTimeout(() => {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  });
  setTimeout(() => letGo(button), 15000);
});

function letGo(button) {
  button.disabled = false;
  button.removeAttribute("aria-busy");
}

window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) document.querySelectorAll("[aria-busy=true]").forEach(letGo);
});
document.addEventListener("htmx:finally:request", () => document.querySelectorAll("[aria-busy=true]").forEach(letGo));

// ---- small courtesies, by attribute ----

document.addEventListener("click", async (event) => {
  const at = (selector) => event.target.closest(selector);
  const opener = at("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (at("[data-closes]")) at("dialog").close();
  if (at("[data-print]")) window.print();
  const step = at(".stepper [data-by]");
  if (step) changeBy(step.closest(".stepper").querySelector("input"), Number(step.dataset.by));
  const copier = at("[data-copy]");
  if (copier) await copy(copier.dataset.copy);
  const sharer = at("[data-share]");
  if (sharer) await share(sharer.dataset);
});

function changeBy(input, by) {
  const wanted = (Number(input.value) || 0) + by;
  const top = input.max ? Number(input.max) : Infinity;
  input.value = Math.min(Math.max(wanted, Number(input.min || 0)), top);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

async function share({ share: url, title }) {
  if (!navigator.share) return copy(url);
  try {
    await navigator.share({ url, title });
  } catch (refused) {
    if (refused.name !== "AbortError") await copy(url);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(words.copied, "good");
  } catch {
    window.prompt(words.copied, text);
  }
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-submits]")) target.form.requestSubmit();
});
window.addEventListener("offline", () => say(words.offline, "bad"));

// The opening card of a visit: asked for when the page is there, not after it was skipped today, and
// not on a line that is slow or saves data: there the page itself is worth waiting for, and no more.
const skippedOn = localStorage.getItem("opening");
const todayInShanghai = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
const line = navigator.connection;
const isSlow = line?.saveData || /[23]g/.test(line?.effectiveType ?? "");
if (words.opener && !isSlow && !sessionStorage.getItem("opened") && skippedOn !== todayInShanghai) {
  sessionStorage.setItem("opened", "yes");
  if (document.readyState === "complete") import(words.opener);
  else addEventListener("load", () => import(words.opener));
}

// A desk has more sections than a phone is wide: bring the open one into sight.
document.querySelector(".deskbar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

wake();
document.addEventListener("htmx:after:swap", wake);
