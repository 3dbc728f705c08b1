// Sends films and photos piece by piece (tus 1.0) and goes on after a lost network, a closed page
// or a restarted phone. The chosen files are kept in the browser's database until they arrived.

const SMALLEST = 64 * 1024;
const FIRST = 256 * 1024;
const LARGEST = 1024 * 1024;
const WANTED_MS = [2000, 8000]; // a piece should take that long: then progress moves, and little is lost
const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
const pause = (ms) => new Promise((wake) => {
  const timer = setTimeout(wake, ms);
  window.addEventListener("online", () => (clearTimeout(timer), wake()), { once: true });
});

// ---- the chosen files, kept until they arrived ----

const shelf = () => new Promise((resolve, reject) => {
  const opening = indexedDB.open("shanhuo-upload", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("files");
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => reject(opening.error);
});

async function onShelf(mode, act) {
  const database = await shelf();
  return new Promise((resolve, reject) => {
    const done = act(database.transaction("files", mode).objectStore("files"));
    done.onsuccess = () => resolve(done.result);
    done.onerror = () => reject(done.error);
  }).finally(() => database.close());
}

const keep = (post, files) => onShelf("readwrite", (store) => store.put(files, post)).then(() => true, () => false);
const kept = (post) => onShelf("readonly", (store) => store.get(post)).catch(() => undefined);
const forget = (post) => onShelf("readwrite", (store) => store.delete(post)).catch(() => undefined);

// ---- tus ----

class Stopped extends Error {}

async function ask(method, address, headers, body) {
  const all = { "Tus-Resumable": "1.0.0", "X-CSRFToken": cookie("csrftoken") ?? "", ...headers };
  return fetch(address, { method, headers: all, body, credentials: "same-origin" });
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const coded = (text) => base64(new TextEncoder().encode(text));

async function checksum(piece) {
  // Only a secure page may compute one; elsewhere the server takes the piece without.
  if (!crypto.subtle) return {};
  return { "Upload-Checksum": `sha256 ${base64(new Uint8Array(await crypto.subtle.digest("SHA-256", piece)))}` };
}

class Sender {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.post = form.dataset.upload;
    this.line = form.querySelector("[role=status]");
    this.bar = form.querySelector("progress");
  }

  say(text) {
    this.line.textContent = text;
  }

  async send(files) {
    this.form.querySelector("button").disabled = true;
    this.bar.hidden = false;
    this.files = files;
    this.sent = files.map(() => 0);
    try {
      for (let position = 0; position < files.length; position++) await this.one(files[position], position);
      await this.finish();
    } catch (problem) {
      this.form.querySelector("button").disabled = false;
      if (!(problem instanceof Stopped)) throw problem;
      this.say(problem.message);
    }
  }

  async one(file, position) {
    const key = `upload:${this.post}:${position}`;
    let address = localStorage.getItem(key);
    let offset = address ? await this.offsetOf(address) : -1;
    if (offset < 0) {
      address = await this.announce(file, position);
      localStorage.setItem(key, address);
      offset = 0;
    }
    let size = FIRST;
    while (offset < file.size) {
      const began = performance.now();
      const next = await this.piece(address, file, offset, size);
      const took = performance.now() - began;
      if (took < WANTED_MS[0]) size = Math.min(size * 2, LARGEST);
      else if (took > WANTED_MS[1]) size = Math.max(size / 2, SMALLEST);
      offset = next;
      this.show(position, offset);
    }
    localStorage.removeItem(key);
  }

  // Tries until the server has answered something that decides.
  async sure(act) {
    for (let tries = 0; ; tries++) {
      let answer;
      try {
        answer = await act();
      } catch {
        this.say(this.words.waiting);
        await pause(Math.min(1000 * 2 ** tries, 20000));
        continue;
      }
      if (answer.status < 400 || [404, 409, 460].includes(answer.status)) return answer;
      if (answer.status === 401) throw new Stopped(this.words.signIn);
      if ([423, 507, 502, 503, 504].includes(answer.status)) {
        this.say(answer.status === 507 ? this.words.full : this.words.busy);
        await pause(5000);
        continue;
      }
      const refusal = await answer.json().catch(() => ({}));
      await forget(this.post);
      throw new Stopped(refusal.message ?? `${answer.status}`);
    }
  }

  async announce(file, position) {
    const metadata = `post ${coded(this.post)},position ${coded(`${position}`)},filename ${coded(file.name)}`;
    const answer = await this.sure(() => ask("POST", "/api/uploads", { "Upload-Length": `${file.size}`, "Upload-Metadata": metadata }));
    if (answer.status !== 201) throw new Stopped((await answer.json()).message);
    return answer.headers.get("Location");
  }

  async offsetOf(address) {
    this.say(this.words.checking);
    const answer = await this.sure(() => ask("HEAD", address, {}));
    return answer.ok ? Number(answer.headers.get("Upload-Offset")) : -1;
  }

  async piece(address, file, offset, size) {
    const piece = await file.slice(offset, offset + size).arrayBuffer();
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": `${offset}`, ...(await checksum(piece)) };
    const answer = await this.sure(() => ask("PATCH", address, headers, piece));
    if (answer.status === 460) return offset;
    // The upload is gone when its last piece arrived and only the answer was lost.
    if (answer.status === 404) return file.size;
    return Number(answer.headers.get("Upload-Offset"));
  }

  show(position, offset) {
    const whole = this.files.reduce((sum, file) => sum + file.size, 0);
    const before = this.sent.reduce((sum, bytes) => sum + bytes, 0);
    this.sent[position] = offset;
    const now = performance.now();
    this.began ??= { at: now, bytes: before };
    const bytes = this.sent.reduce((sum, part) => sum + part, 0);
    const percent = Math.floor((bytes / whole) * 100);
    const left = ((whole - bytes) / Math.max(1, bytes - this.began.bytes)) * (now - this.began.at);
    const minutes = Math.ceil(left / 60000);
    this.bar.value = percent;
    this.say(this.words.sending.replace("{percent}", percent) + (minutes > 1 ? `, ${this.words.left.replace("{minutes}", minutes)}` : ""));
  }

  async finish() {
    this.say(this.words.done);
    await this.sure(() => ask("POST", `/api/posts/${this.post}/send`, {}));
    await forget(this.post);
    location.reload();
  }
}

// ---- pages ----

// The page of a draft: go on by itself if the files are still here, else ask for them.
async function wakeDraft(form) {
  const sender = new Sender(form);
  form.addEventListener("submit", async (event) => {
    const files = [...form.elements.attached.files];
    if (!files.length) return;
    event.preventDefault();
    await keep(sender.post, files);
    await sender.send(files);
  });
  const files = await kept(sender.post);
  if (files?.length) await sender.send(files);
  else if (localStorage.getItem(`upload:${sender.post}:0`)) sender.say(sender.words.choose);
}

// The compose page: save the words, keep the files, and go to the draft's page, which sends them.
function wakeCompose(form) {
  form.addEventListener("submit", async (event) => {
    const chosen = [...form.elements.attached.files];
    const files = form.elements.kind.value === "clip" ? chosen.slice(0, 1) : chosen.slice(0, 9);
    if (!files.length || !navigator.onLine) return;
    event.preventDefault();
    const words = new FormData(form);
    words.delete("attached");
    const answer = await fetch(form.action, { method: "POST", body: words, headers: { Accept: "application/json" } }).catch(() => null);
    const draft = answer?.ok ? await answer.json() : null;
    // Whatever went wrong, the plain form shows it in words.
    if (!draft || !(await keep(draft.post, files))) form.submit();
    else location.assign(draft.address);
  });
}

document.querySelectorAll("form[data-upload]").forEach(wakeDraft);
document.querySelectorAll("form[data-compose]").forEach(wakeCompose);
