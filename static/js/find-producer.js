// Shows the producers that a text finds while the clerk types; without script the button "Find" does the same.
const box = document.querySelector("[data-find-producer]");
const list = document.getElementById("producer-options");
let timer = 0;
let asked = null;
async function find() {
  const text = box.value.trim();
  if (text === asked) return;
  asked = text;
  try {
    const answer = await fetch(box.dataset.findProducer + "?q=" + encodeURIComponent(text), { credentials: "same-origin" });
    const part = answer.ok && !answer.redirected ? await answer.text() : null;
    if (part !== null && text === asked) list.innerHTML = part;
  } catch {
    asked = null; // no network: the button still works once it is back
  }
}
if (box && list) {
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, 300);
  });
}
