// The safety check of the sign-in form: work while the person types, send when both are ready.
// Without this script the form still works; the server then sends very few codes.

const form = document.querySelector("form[data-proof]");
const proof = form.elements.proof;
const state = form.querySelector("[data-proof-state]");
let working;

const solve = (challenge) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(form.dataset.worker);
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
    worker.postMessage(challenge);
  });

async function work() {
  const answer = await fetch(form.dataset.proof);
  proof.value = await solve(await answer.json());
}

const begin = () => (working ??= work().catch(() => (working = undefined)));

form.addEventListener("input", begin, { once: true });
form.addEventListener("submit", async (event) => {
  if (proof.value) return;
  event.preventDefault();
  state.textContent = state.dataset.working;
  await begin();
  state.textContent = "";
  // If the check could not run here, the form goes without it.
  HTMLFormElement.prototype.submit.call(form);
});
