// Forms that the telephone's own lock signs before they are sent:
// <form data-passkey="create" or "get" data-challenge="…" data-failed="…" hidden> with input "credential".
// A browser that has no passkeys leaves them hidden; the code by message is always there.

const makers = {
  create: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

async function signed(form) {
  const answer = await fetch(form.dataset.challenge, { method: "POST", body: new FormData(form) });
  if (!answer.ok) throw new Error(`challenge: ${answer.status}`);
  return JSON.stringify(await makers[form.dataset.passkey](await answer.json()));
}

async function send(event) {
  const form = event.currentTarget;
  event.preventDefault();
  event.submitter.disabled = true;
  try {
    form.elements.credential.value = await signed(form);
    HTMLFormElement.prototype.submit.call(form);
  } catch {
    // The person thought better of it, or the device holds no key for this site.
    document.dispatchEvent(new CustomEvent("shanhuo:say", { detail: { text: form.dataset.failed, tone: "bad" } }));
    event.submitter.disabled = false;
  }
}

if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", send);
    form.hidden = false;
  }
}
