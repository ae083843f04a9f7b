// Shows what is left of a lot while people type its parts; whole grams, no binary fractions. The server reckons again.
const output = document.querySelector("[data-balance]");
const form = output && output.closest("form");
function grams(text) {
  const typed = text.trim();
  if (typed === "") return 0;
  const match = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(typed);
  return match ? Number(match[1]) * 1000 + Number((match[2] || "").padEnd(3, "0")) : null;
}
function update() {
  let rest = Number(output.dataset.balance);
  for (const field of form.querySelectorAll("[data-minus], [name=loss]")) {
    const typed = grams(field.value);
    output.hidden = typed === null;
    if (typed === null) return;
    rest -= typed;
  }
  const gain = form.querySelector("[name=gain]");
  if (gain) rest += grams(gain.value) || 0;
  const size = Math.abs(rest);
  const part = String(size % 1000).padStart(3, "0").replace(/0+$/, "");
  const number = part ? `${Math.floor(size / 1000)}${output.dataset.decimal}${part}` : `${Math.floor(size / 1000)}`;
  if (rest === 0) output.textContent = output.dataset.zero;
  else output.textContent = rest < 0 ? output.dataset.negative : `${output.dataset.label}: ${number} ${output.dataset.unit}`;
  output.classList.toggle("net-weight--wrong", rest < 0);
}
if (form) {
  form.addEventListener("input", update);
  update();
}
