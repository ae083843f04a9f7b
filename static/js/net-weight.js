// <output class="net-weight" data-net data-gross="#gross" data-tare="#tare" data-decimal="," data-label="Net"
//         data-negative="The tare is above the gross weight." hidden></output>
// Shows gross − tare while people type; `.` and `,` both are the decimal. Whole grams, no binary fractions. The server
// computes the net weight again and its figure counts.
function grams(text) {
  const typed = text.trim();
  const match = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(typed);
  return match ? Number(match[1]) * 1000 + Number((match[2] || "").padEnd(3, "0")) : null;
}

for (const output of document.querySelectorAll("[data-net]")) {
  const gross = document.querySelector(output.dataset.gross);
  const tare = document.querySelector(output.dataset.tare);
  if (!gross || !tare) continue;
  const update = () => {
    const heavy = grams(gross.value);
    const empty = tare.value.trim() === "" ? 0 : grams(tare.value);
    output.hidden = heavy === null || empty === null;
    if (output.hidden) return;
    const net = heavy - empty;
    const rest = String(Math.abs(net) % 1000).padStart(3, "0").replace(/0+$/, "");
    const whole = Math.floor(Math.abs(net) / 1000);
    const number = rest ? `${whole}${output.dataset.decimal || "."}${rest}` : `${whole}`;
    output.textContent = net < 0 ? output.dataset.negative : `${output.dataset.label}: ${number} kg`;
    output.classList.toggle("net-weight--wrong", net < 0);
  };
  gross.addEventListener("input", update);
  tare.addEventListener("input", update);
  update();
}
