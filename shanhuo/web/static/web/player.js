// The film of a live session: HLS of fMP4 parts through Media Source Extensions, and the browser's own
// player where those are missing (older iPhones). It joins at the newest part, goes on over gaps, falls
// to a smaller picture and then to sound alone on a slow line, and never begins with sound by itself.
// On mobile data it asks first. Without this module the <video> has its address and its controls.
//
// Times of the media are the session's own clock, the same in every rung, so rungs may follow each other.

const CLOSE_S = 0.3;         // a live film stays one part and so much behind the newest moment,
const CAUTION_S = 0.4;       // so much more after each stall,
const CAREFUL_S = 3;         // and at most so much more
const FAR_S = 4;             // so much further behind: jump
const SLOWLY_S = 0.5;        // so much further behind: run a little faster
const TOGETHER = 3;          // so many parts are fetched at once
const SOON_MS = 60;          // a playlist is asked so long before the next part is due,
const AGAIN_MS = 120;        // and again after so long, then less and less often
const SELDOM_MS = 700;
const AHEAD_S = 20;          // of a replay, so much is fetched ahead
const KEPT_S = 30;           // so much that was seen stays
const LAST_S = 0.12;
const PATIENCE_MS = 8000;    // for one answer of the line
const BETTER = 2.2;          // the line must carry a rung so many times over before it is taken
const WORSE = 1.15;
const STANDS_MS = 2500;      // standing still with a part at hand
const STALLS = 2;            // on the smallest picture, within a minute: sound alone

const Source = window.ManagedMediaSource ?? window.MediaSource;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** False on mobile data, with data saving on, and on a phone that does not say how it is connected. */
function free() {
  const line = navigator.connection;
  if (line?.saveData) return false;
  if (line?.type && line.type !== "unknown") return line.type === "wifi" || line.type === "ethernet";
  return !matchMedia("(pointer: coarse)").matches;
}

async function get(address, read) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer[read]();
}

const quoted = (line, name) => line.match(new RegExp(`${name}="([^"]*)"`))?.[1] ?? "";

/** Rungs of a master playlist that this browser can show, smallest picture first, sound alone last. */
function rungsOf(text, base) {
  const rungs = [];
  const lines = text.split("\n");
  lines.forEach((line, place) => {
    if (!line.startsWith("#EXT-X-STREAM-INF:")) return;
    const codecs = quoted(line, "CODECS");
    const mime = `video/mp4; codecs="${codecs}"`;
    if (!Source.isTypeSupported(mime)) return;
    rungs.push({
      address: new URL(lines[place + 1], base).href,
      bits: Number(line.match(/[:,]BANDWIDTH=(\d+)/)?.[1] ?? 0),
      isSound: !/avc1|hvc1|hev1|av01|vp09/.test(codecs),
      mime,
    });
  });
  return rungs.sort((one, other) => one.isSound - other.isSound || one.bits - other.bits);
}

/** Parts of a media playlist. It says when they were filmed; `at`, in seconds since the
 *  first part that was ever seen of this film, is the same, but a replay closes the gaps between takes:
 *  `shift` is by how much its parts are moved. */
function partsOf(text, base, zero, { closesGaps }) {
  const parts = [];
  const list = { parts, isOver: text.includes("#EXT-X-ENDLIST") };
  let number = Number(text.match(/#EXT-X-MEDIA-SEQUENCE:(\d+)/)?.[1] ?? 0);
  let seconds = 0, setup = "", moment = 0, at = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("#EXT-X-MAP:")) setup = new URL(quoted(line, "URI"), base).href;
    else if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) moment = Date.parse(line.slice(25)) / 1000;
    else if (line.startsWith("#EXTINF:")) seconds = parseFloat(line.slice(8));
    else if (line && !line.startsWith("#")) {
      zero.moment ??= moment;
      const filmed = moment - zero.moment;
      if (!closesGaps) at = filmed;
      parts.push({ number, address: new URL(line, base).href, setup, seconds, at, shift: at - filmed });
      number += 1;
      at += seconds;
      moment += seconds;
    }
  }
  return list;
}

/** The codecs of a set-up, from itself: the master playlist was written with the first part, when the
 *  sound of a camera may not have come yet. */
function mimeOf(setup, rung) {
  const text = new TextDecoder("latin1").decode(setup);
  const codecs = [];
  const place = text.indexOf("avcC");
  if (place > 0) {
    const level = [...new Uint8Array(setup, place + 5, 3)].map((byte) => byte.toString(16).padStart(2, "0"));
    codecs.push(`avc1.${level.join("")}`);
  }
  if (text.includes("mp4a")) codecs.push("mp4a.40.2");
  return codecs.length ? `video/mp4; codecs="${codecs}"` : rung.mime;
}

const hasSound = (mime) => mime.includes("mp4a");

/** What a line carries, from the pieces that came: bits a second, newer ones weighing more. The time
 *  that even the smallest answer takes is not counted. */
function lineMeter() {
  let bits = 0, delay = Infinity;
  return {
    get bits() { return bits; },
    noteDelay(ms) { delay = Math.min(delay, ms); },
    note(bytes, ms) {
      if (bytes < 4000) return;
      const now = (bytes * 8000) / Math.max(ms - (delay < ms ? delay : 0), 5);
      bits = bits ? bits * 0.6 + now * 0.4 : now;
    },
  };
}

/** One source buffer that is asked in turn, and keeps no more than it needs. */
async function openBuffer(video, mime) {
  const source = new Source();
  const opened = new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
  video.disableRemotePlayback = true;
  video.src = URL.createObjectURL(source);
  await opened;
  const buffer = source.addSourceBuffer(mime);
  const settled = () => new Promise((resolve, reject) => {
    if (!buffer.updating) return resolve();
    buffer.addEventListener("updateend", resolve, { once: true });
    buffer.addEventListener("error", () => reject(new Error("buffer")), { once: true });
  });
  return {
    source, buffer, setup: "", mime,
    async append(bytes) {
      try {
        buffer.appendBuffer(bytes);
      } catch (error) {
        if (error.name !== "QuotaExceededError") throw error;
        await this.forget(video.currentTime - 2);
        buffer.appendBuffer(bytes);
      }
      await settled();
    },
    async forget(before) {
      const { buffered } = buffer;
      if (!buffered.length || buffered.start(0) >= before - 1) return;
      buffer.remove(0, before);
      await settled();
    },
  };
}

/** How many seconds lie ready from where the film stands, and where the next stretch begins. The last
 *  moment before a hole is none: a film that waits there has come to its end. */
function readyAt(video) {
  const { buffered, currentTime } = video;
  for (let place = 0; place < buffered.length; place += 1) {
    if (buffered.end(place) < currentTime + LAST_S) continue;
    if (buffered.start(place) > currentTime + 0.01) return { seconds: 0, next: buffered.start(place) };
    return { seconds: buffered.end(place) - currentTime, next: null };
  }
  return { seconds: 0, next: null };
}

class Film {
  constructor(box) {
    this.box = box;
    this.video = box.querySelector("video");
    this.address = new URL(box.dataset.film, location.href).href;
    this.isLive = box.hasAttribute("data-live");
    this.meter = lineMeter();
    this.zero = {};
    this.stalls = [];
    this.caution = 0;
    this.setups = new Map();
    this.run = 0;
  }

  tell(state) {
    if (this.state === state) return;
    this.state = state;
    this.box.dataset.state = state;
    const line = this.box.querySelector("[data-film-words]");
    if (line) line.textContent = this.box.dataset[state] ?? "";
    document.dispatchEvent(new CustomEvent("shanhuo:film", { detail: { state } }));
  }

  /** Begin, or begin again after the film had stopped. */
  async start({ soundOnly = false } = {}) {
    const run = (this.run += 1);
    this.soundOnly = soundOnly;
    this.tell("waiting");
    let tries = 0;
    while (run === this.run) {
      try {
        await this.play(run);
        return;
      } catch (error) {
        tries += 1;
        this.tell("waiting");
        if (error.name === "NotSupportedError") return this.tell("broken");
        await pause(Math.min(6000, 500 * 1.5 ** tries));
      }
    }
  }

  stop() {
    this.run += 1;
    this.video.pause();
  }

  async play(run) {
    // A film begins with the smallest picture, whose playlist stands where it always does.
    this.early = { address: this.address.replace(/([^/]*)$/, "480p/$1") };
    this.early.text = get(this.early.address, "text");
    this.early.text.catch(() => { this.early = null; });
    this.rungs = rungsOf(await get(this.address, "text"), this.address);
    const pictures = this.rungs.filter((rung) => !rung.isSound);
    if (!this.rungs.length) throw new DOMException("no rung", "NotSupportedError");
    this.rung = this.soundOnly ? this.rungs.at(-1) : pictures[0] ?? this.rungs[0];
    const wanted = this.video.currentTime;
    this.shelf = null;
    this.begun = false;
    this.next = null;
    this.newest = { number: -1, at: 0, misses: 0 };
    this.seekTo = this.isLive ? null : wanted;
    this.video.onseeking = () => { if (!this.isLive && !readyAt(this.video).seconds) this.next = null; };
    while (run === this.run) {
      const list = await this.list();
      const more = await this.feed(run, list);
      if (run !== this.run) return;
      if (list.isOver && this.isLive && !more) return this.finish();
      // Between two takes a replay may stand before a hole when all of it is here already.
      if (!this.isLive && this.begun && !more) this.show();
      await pause(this.isLive ? this.untilNews(list) : more ? 0 : 400);
    }
  }

  /** How long to wait before there can be another part: they come as regularly as they were filmed. */
  untilNews(list) {
    const now = performance.now();
    const last = list.parts.at(-1);
    const { newest } = this;
    if (last && last.number !== newest.number) this.newest = { number: last.number, at: this.askedAt, misses: 0 };
    else newest.misses += 1;
    const { at, misses } = this.newest;
    if (misses) return Math.min(SELDOM_MS, AGAIN_MS * 1.3 ** (misses - 1));
    return Math.max(0, at + last.seconds * 1000 - SOON_MS - now);
  }

  /** How far behind the newest moment a live film stays. */
  get close() {
    return this.partSeconds + CLOSE_S + this.caution;
  }

  /** The parts of the rung; of a replay they are read once. */
  async list() {
    const { address } = this.rung;
    if (this.known?.address === address) return this.known.list;
    this.askedAt = performance.now();
    const early = this.early?.address === address && this.early.text;
    this.early = null;
    const text = await (early || get(address, "text"));
    if (!early) this.meter.noteDelay(performance.now() - this.askedAt);
    const list = partsOf(text, address, this.zero, { closesGaps: !this.isLive });
    if (list.isOver && !this.isLive) this.known = { address, list };
    return list;
  }

  finish() {
    if (this.shelf?.source.readyState === "open") this.shelf.source.endOfStream();
    this.tell("over");
  }

  /** Put what is new into the buffer; false when there is nothing to do for the moment. */
  async feed(run, list) {
    if (!list.parts.length) return false;
    const last = list.parts.at(-1);
    this.partSeconds = last.seconds;
    // Two parts to begin with: one is too short to wait in it for the next.
    this.next ??= this.isLive ? (list.parts.at(-2) ?? last).number : this.partAt(list, this.seekTo ?? this.video.currentTime);
    if (this.isLive && last.number - this.next >= 2 * TOGETHER + 6) this.next = last.number;
    if (!this.isLive && readyAt(this.video).seconds > AHEAD_S) return false;
    const batch = this.order(list.parts.filter((part) => part.number >= this.next).slice(0, TOGETHER));
    for (const { part, setup, bytes } of batch) {
      if (!(await this.add(run, part, await setup, await bytes, last))) return true;
    }
    if (!this.isLive && list.isOver && this.next > last.number) this.endIfWhole();
    return batch.length > 0;
  }

  /** Parts on their way, all at once; the line is measured by how long all of them took. */
  order(parts) {
    const began = performance.now();
    const batch = parts.map((part) => ({ part, setup: this.setupOf(part), bytes: get(part.address, "arrayBuffer") }));
    Promise.all(batch.map(({ bytes }) => bytes)).then((all) => {
      this.meter.note(all.reduce((sum, { byteLength }) => sum + byteLength, 0), performance.now() - began);
    }).catch(() => {}); // `feed` hears of it
    return batch;
  }

  /** The set-up of a part, fetched once. */
  setupOf({ setup }) {
    if (!this.setups.has(setup)) {
      const coming = get(setup, "arrayBuffer");
      coming.catch(() => this.setups.delete(setup));
      this.setups.set(setup, coming);
    }
    return this.setups.get(setup);
  }

  partAt(list, seconds) {
    return (list.parts.findLast((part) => part.at <= seconds + 0.05) ?? list.parts[0]).number;
  }

  endIfWhole() {
    const { source, buffer } = this.shelf ?? {};
    if (source?.readyState === "open" && !buffer.updating) source.endOfStream();
  }

  /** Append one part; false when the rung or the run has changed meanwhile. `last`: the newest. */
  async add(run, part, setup, bytes, last) {
    const { rung } = this;
    if (run !== this.run || this.next > part.number) return false;
    if (part.setup !== this.shelf?.setup && !(await this.take(setup, part))) return true;
    await this.shelf.append(bytes);
    this.next = part.number + 1;
    this.show(last.at + last.seconds - part.at);
    await this.shelf.forget(this.video.currentTime - KEPT_S);
    this.choose();
    return this.rung === rung;
  }

  /** Append a set-up; false if its part is left out. A buffer takes no part without the sound that it
   *  was opened for, and none with a sound that it was not: then all begins anew. */
  async take(setup, part) {
    const mime = mimeOf(setup, this.rung);
    this.shelf ??= await openBuffer(this.video, mime);
    if (hasSound(this.shelf.mime) && !hasSound(mime)) {
      this.next = part.number + 1;
      return false;
    }
    if (hasSound(mime) && !hasSound(this.shelf.mime)) throw new Error("sound came");
    if (mime !== this.shelf.mime) this.shelf.buffer.changeType?.(mime);
    this.shelf.buffer.timestampOffset = part.shift;
    await this.shelf.append(setup);
    Object.assign(this.shelf, { mime, setup: part.setup });
    this.size();
    return true;
  }

  /** A replay knows how long it is. */
  size() {
    const last = this.known?.list.parts.at(-1);
    if (last && this.shelf.source.duration !== last.at + last.seconds) this.shelf.source.duration = last.at + last.seconds;
  }

  /** Keep the film moving: begin, step over a gap, stay near the newest moment, which is `ahead_s`
   *  after the beginning of what was put in last. */
  show(ahead_s = 0) {
    const { video } = this;
    if (!video.buffered.length) return;
    const end = video.buffered.end(video.buffered.length - 1);
    const begun = this.begun;
    if (!begun) {
      this.begun = true;
      if (this.isLive) video.currentTime = video.buffered.start(0) + Math.max(0, ahead_s - this.close);
      else if (this.seekTo) video.currentTime = this.seekTo;
      this.seekTo = null;
    }
    if (video.readyState < 3) this.stepOver();
    if (this.isLive && begun) {
      const behind = end - video.currentTime;
      if (behind > this.close + FAR_S) video.currentTime = end - this.close;
      video.playbackRate = behind > this.close + SLOWLY_S ? 1.08 : 1;
    }
    this.nudge(end);
    // Not awaited: a film that waits for the next part would keep us from fetching it.
    if (video.paused && (this.isLive || !begun)) video.play().catch(() => this.tell("asks"));
  }

  /** From the end of one take to the beginning of the next; false where no hole is. */
  stepOver() {
    const { next } = readyAt(this.video);
    if (next === null) return false;
    this.video.currentTime = next + 0.02;
    return true;
  }

  /** A film that has what it needs and stands still is set a little further on. */
  nudge(end) {
    const { video } = this;
    const now = performance.now();
    if (video.currentTime !== this.stoodAt) {
      this.stoodAt = video.currentTime;
      this.stoodSince = now;
    } else if (!video.paused && now - this.stoodSince > STANDS_MS && end - video.currentTime > 0.5) {
      video.currentTime = Math.max(video.currentTime + 0.2, this.isLive ? end - this.close : 0);
    }
  }

  /** A rung that the line carries; at the bottom, sound alone. */
  choose() {
    if (this.soundOnly) return;
    const pictures = this.rungs.filter((rung) => !rung.isSound);
    const place = pictures.indexOf(this.rung);
    const better = pictures[place + 1];
    const { seconds } = readyAt(this.video);
    let rung = this.rung;
    if (better && this.meter.bits > better.bits * BETTER && (seconds > 1.5 || !this.isLive)) rung = better;
    else if (place > 0 && this.meter.bits < this.rung.bits * WORSE) rung = pictures[place - 1];
    if (rung === this.rung) return;
    this.rung = rung;
  }

  stalled() {
    if (!this.begun || this.stepOver() || this.soundOnly || document.hidden) return;
    this.caution = Math.min(CAREFUL_S, this.caution + CAUTION_S);
    const now = performance.now();
    this.stalls = [...this.stalls.filter((at) => now - at < 60_000), now];
    const smallest = this.rungs?.filter((rung) => !rung.isSound)[0] === this.rung;
    const isSlow = this.meter.bits && this.meter.bits < this.rung.bits * WORSE;
    if (smallest && isSlow && this.stalls.length > STALLS && this.rungs.at(-1).isSound) {
      this.again({ soundOnly: true });
    }
  }

  again(how) {
    this.stalls = [];
    this.begun = false;
    this.start(how);
  }
}

/** The browser's own player knows HLS: it gets the address and does the rest. */
function playNatively(box, video) {
  video.src = box.dataset.film;
  video.play().catch(() => { box.dataset.state = "asks"; });
}

function awaken(box) {
  const video = box.querySelector("video");
  const ask = box.querySelector("[data-start]");
  const sound = box.querySelector("[data-sound]");
  const eye = box.querySelector("[data-picture]");
  const isReplay = !box.hasAttribute("data-live");
  const film = Source ? new Film(box) : null;
  let begun = false;

  video.muted = true;
  video.controls = isReplay;
  video.removeAttribute("src");
  const begin = () => {
    if (begun) return;
    begun = true;
    ask.hidden = true;
    if (film) film.start();
    else playNatively(box, video);
  };

  const goesOn = () => film?.tell(film.soundOnly ? "soundonly" : "playing");
  video.addEventListener("playing", () => {
    goesOn();
    if (eye) eye.hidden = !film?.soundOnly;
    if (sound) sound.hidden = !video.muted;
  });
  // After a step over a gap no browser says that it is playing again.
  video.addEventListener("timeupdate", () => { if (film?.state === "waiting" && !video.paused && video.readyState > 2) goesOn(); });
  video.addEventListener("waiting", () => { film?.tell("waiting"); film?.stalled(); });
  video.addEventListener("resize", () => box.classList.toggle("upright", video.videoHeight > video.videoWidth));
  video.addEventListener("volumechange", () => { if (sound) sound.hidden = !video.muted || !video.played.length; });
  sound?.addEventListener("click", () => { video.muted = false; video.play(); });
  eye?.addEventListener("click", () => film.again({ soundOnly: false }));
  ask.addEventListener("click", () => { if (isReplay) video.muted = false; begin(); });
  box.addEventListener("click", ({ target }) => { if (target === video && box.dataset.state === "asks") video.play(); });
  document.addEventListener("shanhuo:film-begin", begin);
  document.addEventListener("shanhuo:film-seek", ({ detail }) => {
    begin();
    const jump = () => { video.currentTime = detail.seconds; video.play(); };
    if (video.readyState) jump();
    else video.addEventListener("loadedmetadata", jump, { once: true });
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && film?.isLive && begun && video.paused) video.play().catch(() => {});
  });

  if (!isReplay && free()) begin();
  else ask.hidden = false;
}

for (const box of document.querySelectorAll("[data-film]")) awaken(box);
