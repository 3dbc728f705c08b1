// The camera of a host: films with MediaRecorder and sends the pieces to /hot/live/take, in order, the
// next one only when the last is in the file over there. What cannot be sent waits, but not without end:
// on a slow line the picture gets smaller, down to a small still with sound; after a long cut a new take
// of the same session begins. How it goes is told in words on the page, and as `live:state` to scripts.

const TYPES = [
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2",
  "video/mp4;codecs=avc1.42E01F,opus",
  "video/webm;codecs=h264,opus",
  "video/webm;codecs=vp8,opus",
  "video/mp4",
  "video/webm",
];
// The last step is for a line that carries little more than a telephone: sound, and a picture a second.
const STEPS = [
  { video: 1_800_000, audio: 64_000, width: 1280, frames: 30 },
  { video: 700_000, audio: 48_000, width: 854, frames: 25 },
  { video: 280_000, audio: 32_000, width: 480, frames: 15 },
  { video: 30_000, audio: 24_000, width: 320, frames: 1 },
];
const SLICE_MS = 250;
const KEYFRAME_MS = 1000;
const PIECE_BYTES = 1024 * 1024;
const SLOW_S = 5;            // so much waits while the line works: too much is filmed
const CUT_S = 20;            // so much waits: the line is gone, and this take with it
const ANSWER_MS = 12_000;
const EASY_MS = 60_000;      // so long without a queue: the picture may grow again
const LAST_WORDS = new Set(["wrong_status", "bad_token", "no_take"]);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Refused extends Error {
  constructor(status, said) {
    super(said.code ?? String(status));
    this.code = said.code ?? "";
    this.status = status;
    this.received = said.details?.received;
  }
}

/** The door for pictures: one question, one answer. A failing line is a TypeError or a TimeoutError. */
class Door {
  constructor(address, ticket) {
    this.address = address;
    this.ticket = ticket;
  }

  async ask(method, { take, offset, body } = {}) {
    const headers = { "x-live-ticket": this.ticket };
    if (take !== undefined) headers["x-take"] = take;
    if (offset !== undefined) headers["x-offset"] = offset;
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(this.address, { method, headers, body, signal, cache: "no-store" });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, said);
    return said;
  }
}

/** One take: pieces go in at the camera's pace and out at the line's. */
class Take {
  constructor(door, number) {
    this.door = door;
    this.number = number;
    this.waiting = [];       // {blob, at}: not acknowledged yet
    this.received = 0;
  }

  add(blob) {
    for (let at = 0; at < blob.size; at += PIECE_BYTES) {
      this.waiting.push({ blob: blob.slice(at, at + PIECE_BYTES), at: performance.now() });
    }
  }

  get behind() {
    return this.waiting.length ? (performance.now() - this.waiting[0].at) / 1000 : 0;
  }

  /** Send the oldest piece. What the other side has already, in part or whole, is not sent again. */
  async sendOne() {
    const [piece] = this.waiting;
    try {
      const { received } = await this.door.ask("PATCH", { take: this.number, offset: this.received, body: piece.blob });
      this.received = received;
      this.waiting.shift();
    } catch (refusal) {
      if (refusal.code !== "wrong_offset") throw refusal;
      const had = refusal.received - this.received;
      if (had < 0 || had > piece.blob.size) throw new Refused(410, { code: "take_ended" });
      this.received = refusal.received;
      if (had === piece.blob.size) this.waiting.shift();
      else piece.blob = piece.blob.slice(had);
    }
  }
}

class Camera {
  constructor(box) {
    this.box = box;
    this.preview = box.querySelector("[data-preview]");
    this.sign = box.querySelector("[data-camera-state]");
    this.facing = "environment";
    this.step = 0;
    this.run = 0;
  }

  tell(state) {
    if (this.state === state) return;
    this.state = state;
    this.box.dataset.camera = state;
    if (this.sign) this.sign.textContent = this.box.dataset[`say${state[0].toUpperCase()}${state.slice(1)}`] ?? state;
    this.box.dispatchEvent(new CustomEvent("live:state", { bubbles: true, detail: { state, take: this.take?.number } }));
  }

  /** Film and send until `stop`, or until the session takes no more. */
  async start(ticket) {
    const run = (this.run += 1);
    this.door = new Door(this.box.dataset.door, ticket);
    this.type = TYPES.find((type) => window.MediaRecorder?.isTypeSupported(type));
    if (!this.type) return this.tell("unable");
    this.tell("asking");
    try {
      await this.open();
    } catch (error) {
      return this.tell(error.name === "NotAllowedError" ? "denied" : "unable");
    }
    this.awake = await navigator.wakeLock?.request("screen").catch(() => null);
    for (let tries = 0; run === this.run;) {
      try {
        await this.film(run);
        tries = 0;
      } catch (error) {
        if (LAST_WORDS.has(error.code) || error.status === 401) return this.close("over");
        this.tell(error.code === "second_publisher" ? "other" : error.code === "disk_full" ? "full" : "cut");
        await pause(Math.min(4000, 400 * 1.6 ** (tries += 1)));
      }
    }
  }

  async open() {
    const { width, frames } = STEPS[this.step];
    const upright = innerHeight > innerWidth;
    this.close();
    this.isStale = false;
    this.stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: this.facing, frameRate: { ideal: Math.max(frames, 5) }, [upright ? "height" : "width"]: { ideal: width } },
      audio: { echoCancellation: true, noiseSuppression: true },
    });
    if (frames < 5) await this.stream.getVideoTracks()[0].applyConstraints({ frameRate: { max: frames } }).catch(() => {});
    if (this.preview) this.preview.srcObject = this.stream;
  }

  /** One take, from its first byte until the line, the step or the camera changes. */
  async film(run) {
    if (this.isStale || this.stream.getTracks().some((track) => track.readyState === "ended")) await this.open();
    const { take: number } = await this.door.ask("POST", { body: JSON.stringify({ container: this.type.slice(6).split(";")[0] }) });
    const take = (this.take = new Take(this.door, number));
    const recorder = (this.recorder = new MediaRecorder(this.stream, {
      mimeType: this.type,
      videoBitsPerSecond: STEPS[this.step].video,
      audioBitsPerSecond: STEPS[this.step].audio,
      videoKeyFrameIntervalDuration: KEYFRAME_MS,
    }));
    recorder.ondataavailable = ({ data }) => take.add(data);
    recorder.onstop = () => { take.isWhole = true; };
    recorder.start(SLICE_MS);
    this.easySince = performance.now();
    try {
      await this.send(take, run);
    } finally {
      if (recorder.state !== "inactive") recorder.stop();
    }
    await this.door.ask("DELETE", { take: number }).catch(() => {});
  }

  /** Ends when the recorder has stopped and all is sent; throws when this take cannot go on. */
  async send(take, run) {
    for (let tries = 0; ;) {
      if (!take.waiting.length) {
        if (take.isWhole) return;
        await pause(30);
        continue;
      }
      try {
        await take.sendOne();
        tries = 0;
        this.tell(this.step === STEPS.length - 1 ? "sound" : this.step ? "small" : "live");
        if (this.mustChange(take)) return;
      } catch (error) {
        if (error instanceof Refused && error.code !== "disk_full" && error.status < 500) throw error;
        this.tell(error.code === "disk_full" ? "full" : "cut");
        if (run !== this.run || take.behind > CUT_S) throw error;
        await pause(Math.min(3000, 300 * 1.6 ** (tries += 1)));
      }
    }
  }

  /** True when the picture must get smaller, or may grow: the next take has another size. What waits
   *  of a line that is too slow is let go: it would keep everything after it late. */
  mustChange(take) {
    const now = performance.now();
    if (take.behind > 1) this.easySince = now;
    const before = this.step;
    if (take.behind > SLOW_S) this.step = Math.min(this.step + 1, STEPS.length - 1);
    else if (now - this.easySince > EASY_MS) this.step = Math.max(0, this.step - 1);
    if (this.step === before) return false;
    this.change();
    return true;
  }

  /** Other pictures from now on: their own take, since a recorder cannot change what it records. */
  change() {
    this.isStale = true;
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  switch() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.change();
  }

  stop() {
    this.run += 1;
    if (this.recorder?.state === "recording") this.recorder.stop();
    this.close("off");
  }

  /** Let go of the camera. */
  close(state) {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    if (!state) return;
    this.awake?.release();
    if (this.preview) this.preview.srcObject = null;
    this.tell(state);
  }
}

for (const box of document.querySelectorAll("[data-golive]")) {
  const camera = new Camera(box);
  const find = (name) => box.querySelector(`[data-${name}]`);
  const begin = (ticket) => () => camera.start(ticket);
  find("start-show")?.addEventListener("click", begin(box.dataset.showTicket));
  find("start-rehearsal")?.addEventListener("click", begin(box.dataset.rehearsalTicket));
  find("switch")?.addEventListener("click", () => camera.switch());
  find("stop")?.addEventListener("click", () => camera.stop());
  box.addEventListener("live:state", ({ detail: { state } }) => {
    const films = !["off", "over", "denied", "unable"].includes(state);
    find("camera-start").hidden = films;
    find("stop").hidden = !films;
    find("switch").hidden = !films;
  });
}
