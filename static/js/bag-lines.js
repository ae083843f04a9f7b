// <div data-bags>: a [data-bag] per bag, a <template> of one more, an <output>, and a button that the server understands
// too. Adds lines and shows the sum while people type; whole grams. The server's figure counts.
const bags = document.querySelector("[data-bags]");
const say = bags && bags.dataset;
function grams(text) {
  const match = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 1000 + Number((match[2] || "").padEnd(3, "0")) : null;
}
function words(value) {
  const rest = String(value % 1000).padStart(3, "0").replace(/0+$/, "");
  return `${Math.floor(value / 1000)}${rest && say.decimal + rest} ${say.unit}`;
}
function netOf(bag) {
  const [heavy, empty] = bag.querySelectorAll("[inputmode=decimal]");
  const gross = grams(heavy.value);
  if (gross === null || !empty) return gross;
  const kind = bag.querySelector("[data-container]");
  const usual = kind ? kind.selectedOptions[0].dataset.tare : 0;
  const tare = empty.value.trim() ? grams(empty.value) : Number(usual || 0);
  return tare === null ? null : gross - tare;
}
function update() {
  const out = bags.querySelector("output");
  const nets = [...bags.querySelectorAll("[data-bag]")].map(netOf).filter((net) => net !== null);
  const wrong = nets.some((net) => net < 0);
  const parts = nets.length > 1 ? ` = ${nets.map(words).join(" + ")}` : "";
  out.hidden = !nets.length;
  out.textContent = wrong ? say.negative : `${say.label}: ${words(nets.reduce((a, b) => a + b, 0))}${parts}`;
  out.classList.toggle("net-weight--wrong", wrong);
}
if (bags) {
  bags.querySelector("[value=bag]").addEventListener("click", (event) => {
    event.preventDefault();
    const one = bags.querySelector("template");
    const html = one.innerHTML.replaceAll("__n__", bags.querySelectorAll("[data-bag]").length + 1);
    one.insertAdjacentHTML("beforebegin", html);
    one.previousElementSibling.querySelector("input").focus();
  });
  bags.addEventListener("input", update);
  update();
}
