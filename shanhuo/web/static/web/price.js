// Adds up the parts of a price while the seller types, and says whether they fit it.
// In fen, as the server counts: no floating point.

const fen = (text) => {
  const plain = text.normalize("NFKC").replace(/[¥元,\s]/g, "");
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(plain);
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : 0;
};

for (const section of document.querySelectorAll("[data-price-parts]")) {
  const price = section.querySelector("[name=price]");
  const parts = [...section.querySelectorAll("input[name$=_fen]")];
  const total = section.querySelector("[data-total]");
  const tell = () => {
    const sum = parts.reduce((before, part) => before + fen(part.value), 0);
    const fits = sum === fen(price.value);
    total.textContent = sum ? `¥${(sum / 100).toFixed(2)} · ${fits ? total.dataset.right : total.dataset.wrong}` : "";
  };
  section.addEventListener("input", tell);
  tell();
}
