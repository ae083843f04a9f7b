// Adds up what a new tender offers while lots are ticked: all lots of the filter, or the ticked ones by class.
// The server adds up again; without script the total of the filter stays.
const total = document.getElementById("tender-total");
const form = total && total.closest("form");
function weight(thousandths) {
  const rest = String(thousandths % 1000).padStart(3, "0").replace(/0+$/, "");
  const whole = String(Math.floor(thousandths / 1000));
  return (rest ? whole + total.dataset.decimal + rest : whole) + " " + total.dataset.unit;
}
function update() {
  const scope = form.querySelector("input[name=scope]:checked");
  let lots = Number(total.dataset.lots);
  let quantity = Number(total.dataset.quantity);
  let byClass = "";
  if (scope && scope.value === "chosen") {
    const sums = new Map();
    lots = 0;
    quantity = 0;
    for (const box of form.querySelectorAll("input[name=lots]:checked")) {
      const own = Number(box.dataset.quantity);
      lots += 1;
      quantity += own;
      sums.set(box.dataset.class, (sums.get(box.dataset.class) || 0) + own);
    }
    byClass = [...sums].map(([name, sum]) => name + " " + weight(sum)).join(" · ");
  }
  const head = `${total.dataset.label}: ${lots} ${total.dataset.lotsWord}, ${weight(quantity)}`;
  total.textContent = byClass ? head + " (" + byClass + ")" : head;
}
if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "lots" && event.target.checked) {
      const chosen = form.querySelector("input[name=scope][value=chosen]");
      if (chosen) chosen.checked = true;
    }
    if (event.target.name === "scope" && event.target.value === "chosen") {
      const list = form.querySelector("details");
      if (list) list.open = true;
    }
    update();
  });
  update();
}
