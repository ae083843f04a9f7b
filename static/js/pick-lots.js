// Adds up the lots that are ticked. The server adds up again; without script the next page shows the sum.
const picked = document.getElementById("picked");
const form = picked && picked.closest("form");
function amount(thousandths) {
  const rest = String(thousandths % 1000).padStart(3, "0").replace(/0+$/, "");
  const whole = String(Math.floor(thousandths / 1000));
  return rest ? whole + picked.dataset.decimal + rest : whole;
}
function update() {
  const sums = new Map();
  let lots = 0;
  for (const box of form.querySelectorAll("input[name=lot]:checked")) {
    lots += 1;
    sums.set(box.dataset.unit, (sums.get(box.dataset.unit) || 0) + Number(box.dataset.quantity));
  }
  picked.hidden = !lots;
  const total = [...sums].map(([unit, sum]) => amount(sum) + " " + unit).join(" + ");
  picked.textContent = `${picked.dataset.label}: ${total} (${picked.dataset.lots}: ${lots})`;
}
if (form) {
  form.addEventListener("change", update);
  update();
}
