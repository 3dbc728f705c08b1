// The camera of a host: films with MediaRecorder and sends the pieces to /hot/live/take, in order, the
// next ones only when the last are in the file over there. What cannot be sent waits, but not without
// end: on a slow line the picture gets smaller, down to a small still with sound, and it grows again
// when the line carries more. Another camera, a turned phone and another size are a new take of the
// same session: no browser changes the pictures of a running recorder. The microphone stays open over
// all of them. How it goes is told in words on the page, and as `live:state` to scripts.

const TYPES = [
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2",
  "video/mp4;codecs=avc1.42E01F,opus",
  "video/webm;codecs=h264,opus",
  "video/webm;codecs=vp8,opus",
  "video/mp4",
  "video/webm",
];
// The last step is for a line that carries little more than a telephone: sound, and two pictures a second.
const STEPS = [
  { video: 1_800_000, audio: 64_000, width: 1280, frames: 30, keyframe: 500 },
  { video: 700_000, audio: 48_000, width: 854, frames: 25, keyframe: 500 },
  { video: 280_000, audio: 32_000, width: 480, frames: 15, keyframe: 1000 },
  { video: 30_000, audio: 24_000, width: 320, frames: 2, keyframe: 1000 },
];
const SOUND = STEPS.length - 1;
const LARGEST = 1920;        // of a camera that has no picture of the size wished for
const SLICE_MS = 150;
const PIECE_BYTES = 1024 * 1024;
const FIRST_BYTES = 64 * 1024;
const PIECE_S = 2;           // no more than the line carries in so long goes into one piece
const SLOW_S = 3;            // so much waits while the line works: too much is filmed
const SPARE = 1.25;          // the line must carry a step so many times over
const CUT_S = 20;            // so much waits: the line is gone, and this take with it
const ANSWER_MS = 12_000;
const EASY_MS = 30_000;      // so long without a queue: the picture may grow again, on trial
const TRIAL_MS = 20_000;     // a trial that failed makes the next one wait twice as long
const HARD_MS = 480_000;
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
  constructor(door) {
    this.door = door;
    this.waiting = [];       // {blob, at}: not acknowledged yet
    this.received = 0;
    this.bits = 0;           // what the line carries in a second, newer pieces weighing more
  }

  async begin(container) {
    this.number = (await this.door.ask("POST", { body: JSON.stringify({ container }) })).take;
  }

  add(blob) {
    if (blob.size) this.waiting.push({ blob, at: performance.now() });
  }

  get behind() {
    return this.waiting.length ? (performance.now() - this.waiting[0].at) / 1000 : 0;
  }

  /** Send what waits, oldest first, as much as the line carries in a short while. */
  async send() {
    const most = this.bits ? Math.min(PIECE_BYTES, Math.max(FIRST_BYTES / 4, (this.bits / 8) * PIECE_S)) : FIRST_BYTES;
    const body = new Blob(this.waiting.map(({ blob }) => blob)).slice(0, most);
    const began = performance.now();
    try {
      this.settle((await this.door.ask("PATCH", { take: this.number, offset: this.received, body })).received);
    } catch (refusal) {
      if (refusal.code !== "wrong_offset") throw refusal;
      return this.settle(refusal.received);
    }
    const now = (body.size * 8000) / (performance.now() - began);
    this.bits = this.bits ? this.bits * 0.4 + now * 0.6 : now;
  }

  /** Everything up to `received` is over there, whoever sent it; it is not sent again. */
  settle(received) {
    let had = received - this.received;
    const held = this.waiting.reduce((sum, { blob }) => sum + blob.size, 0);
    if (had < 0 || had > held) throw new Refused(410, { code: "take_ended" });
    this.received = received;
    while (had > 0) {
      const [piece] = this.waiting;
      const { size } = piece.blob;
      if (had < size) piece.blob = piece.blob.slice(had);
      else this.waiting.shift();
      had -= Math.min(had, size);
    }
  }
}

/** A step that a line carries, below the one that was too much for it. */
function stepFor(bits, step) {
  const carried = STEPS.findIndex(({ video, audio }) => (video + audio) * SPARE < bits);
  return Math.min(SOUND, Math.max(step + 1, carried < 0 ? SOUND : carried));
}

class Camera {
  constructor(box) {
    this.box = box;
    this.preview = box.querySelector("[data-preview]");
    this.sign = box.querySelector("[data-camera-state]");
    this.lens = { facingMode: "environment" };
    this.step = 0;
    this.run = 0;
    this.easy = EASY_MS;
    this.preview?.addEventListener("resize", () => this.turned());
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

  /** Pictures of this step from this lens; the microphone stays open if it is. */
  async open() {
    const { width, frames } = STEPS[this.step];
    const upright = innerHeight > innerWidth;
    const heard = this.stream?.getAudioTracks().filter((track) => track.readyState === "live") ?? [];
    // Most phones open one camera at a time.
    for (const track of this.stream?.getVideoTracks() ?? []) track.stop();
    // A size of the camera's own: Chromium records what it would crop, and forgets to make it smaller.
    const size = { width: { max: LARGEST }, height: { max: LARGEST }, resizeMode: "none" };
    size[upright ? "height" : "width"].ideal = width;
    const opened = await navigator.mediaDevices.getUserMedia({
      video: { ...this.lens, ...size, frameRate: { ideal: Math.max(frames, 5) } },
      audio: !heard.length && { echoCancellation: true, noiseSuppression: true },
    });
    if (frames < 5) await opened.getVideoTracks()[0].applyConstraints({ frameRate: { max: frames } }).catch(() => {});
    this.stream = new MediaStream([...opened.getTracks(), ...heard]);
    this.shape = "";
    if (this.preview) this.preview.srcObject = this.stream;
  }

  /** One take, from its first byte until the line, the step, the camera or its posture changes. */
  async film(run) {
    if (this.stream.getTracks().some((track) => track.readyState === "ended")) this.opening ??= this.open();
    await this.opening?.finally(() => { this.opening = null; });
    const take = (this.take = new Take(this.door));
    const recorder = this.record(take);
    this.easySince = performance.now();
    try {
      await take.begin(this.type.slice(6).split(";")[0]);
      await this.send(take, run);
    } finally {
      if (recorder.state !== "inactive") recorder.stop();
    }
    await this.door.ask("DELETE", { take: take.number }).catch(() => {});
  }

  record(take) {
    const { video, audio, keyframe } = STEPS[this.step];
    const recorder = (this.recorder = new MediaRecorder(this.stream, {
      mimeType: this.type,
      videoBitsPerSecond: video,
      audioBitsPerSecond: audio,
      videoKeyFrameIntervalDuration: keyframe,
    }));
    recorder.ondataavailable = ({ data }) => take.add(data);
    recorder.onstop = () => { take.isWhole = true; };
    recorder.start(SLICE_MS);
    return recorder;
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
        await take.send();
        tries = 0;
        this.tell(this.isSoundOnly ? "chosen" : this.step === SOUND ? "sound" : this.step ? "small" : "live");
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
    if (this.isSoundOnly || take.isWhole) return false;
    const now = performance.now();
    if (take.behind > 1) this.easySince = now;
    const before = this.step;
    const isOnTrial = now - this.grewAt < TRIAL_MS;
    if (take.behind > (isOnTrial ? SLOW_S / 2 : SLOW_S)) {
      this.easy = isOnTrial ? Math.min(this.easy * 2, HARD_MS) : EASY_MS;
      this.step = stepFor(take.bits, this.step);
    } else if (now - this.easySince > this.easy && this.step) {
      this.step -= 1;
      this.grewAt = now;
    }
    if (this.step === before) return false;
    this.change();
    return true;
  }

  /** Other pictures from now on; their camera opens while the last ones are on their way. */
  change() {
    if (this.recorder?.state === "recording") this.recorder.stop();
    this.opening = this.open();
    this.opening.catch(() => {}); // `film` hears of it
  }

  /** The other side of a phone; the next one of cameras that do not say where they look. */
  async switch() {
    const before = this.lens;
    const { facingMode, deviceId } = this.stream.getVideoTracks()[0].getSettings();
    if (facingMode) {
      this.lens = { facingMode: facingMode === "user" ? "environment" : "user" };
    } else {
      const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
      const place = cameras.findIndex((camera) => camera.deviceId === deviceId);
      this.lens = { deviceId: { exact: cameras[(place + 1) % cameras.length].deviceId } };
    }
    this.change();
    this.opening.catch(() => { this.lens = before; });
  }

  /** The phone was turned: its pictures have another shape. */
  turned() {
    const { videoWidth: width, videoHeight: height } = this.preview;
    const shape = `${width}x${height}`;
    const before = this.shape;
    this.shape = shape;
    if (before && before !== shape && this.recorder?.state === "recording") this.recorder.stop();
  }

  /** Sound and a still, because the host wants it so; or pictures again. */
  chooseSound(isSoundOnly) {
    this.isSoundOnly = isSoundOnly;
    this.step = isSoundOnly ? SOUND : 0;
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
  find("sound-only")?.addEventListener("click", ({ currentTarget: button }) => {
    const isPressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", isPressed);
    camera.chooseSound(isPressed);
  });
  find("stop")?.addEventListener("click", () => camera.stop());
  box.addEventListener("live:state", ({ detail: { state } }) => {
    const films = !["off", "over", "denied", "unable"].includes(state);
    find("camera-start").hidden = films;
    for (const name of ["stop", "switch", "sound-only"]) find(name).hidden = !films;
  });
}
