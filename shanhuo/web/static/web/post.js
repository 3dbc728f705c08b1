// The page of a post tells what was seen and done there; and a heart touched in the feed is kept for
// the person who is signed in. Counting is done from signals; who likes what is a row of theirs.

const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
const page = document.querySelector("[data-sheet][data-slot]");
const tell = (kind, value = 0) => document.dispatchEvent(new CustomEvent("shanhuo:signal", { detail: { sheet: page.dataset.sheet, slot: page.dataset.slot, kind, value } }));

function watch(film) {
  const once = new Set();
  const tellOnce = (kind) => once.has(kind) || (once.add(kind), tell(kind, Math.round(film.currentTime * 1000)));
  film.addEventListener("timeupdate", () => {
    if (film.currentTime > 1) tellOnce("play");
    if (film.currentTime > film.duration * 0.95) tellOnce("finish");
  });
}

// Signed out, a like counts as a signal and is kept nowhere else.
document.addEventListener("shanhuo:like", ({ detail: { id, on } }) => {
  fetch(`/api/posts/${id}/like`, { method: on ? "PUT" : "DELETE", headers: { "X-CSRFToken": cookie("csrftoken") ?? "" }, credentials: "same-origin" }).catch(() => {});
});

if (page?.matches("article")) {
  tell("exposure");
  page.querySelectorAll("video").forEach(watch);
  page.addEventListener("click", ({ target }) => {
    const deed = target.closest("[data-signal], [data-share]");
    if (deed) tell(deed.dataset.signal ?? "share");
  });
}
