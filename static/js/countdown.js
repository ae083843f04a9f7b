// <time data-deadline="2026-11-22T20:00:00Z" data-server-now="2026-11-22T19:00:00Z" data-closed="Closed">…</time>
// Counts down by the server's clock: the device's clock only measures what has passed since the page was made.
// The text of the server stays when scripts do not run. The last two minutes are marked.
const SOON_S = 120;
const two = (number) => String(number).padStart(2, "0");
const started = performance.now();

function show(element) {
  const deadline = Date.parse(element.dataset.deadline);
  const serverNow = Date.parse(element.dataset.serverNow) + (performance.now() - started);
  const left = Math.ceil((deadline - serverNow) / 1000);
  if (!Number.isFinite(left)) return false;
  if (left <= 0) {
    element.textContent = element.dataset.closed || "0:00";
    element.classList.remove("countdown--soon");
    element.dispatchEvent(new CustomEvent("countdown-closed", { bubbles: true }));
    return false;
  }
  const days = Math.floor(left / 86400);
  const hours = Math.floor((left % 86400) / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const clock = `${hours}:${two(minutes)}:${two(left % 60)}`;
  element.textContent = days ? `${days} d ${clock}` : clock;
  element.classList.toggle("countdown--soon", left <= SOON_S);
  return true;
}

for (const element of document.querySelectorAll("[data-deadline]")) {
  element.classList.add("countdown");
  if (show(element)) {
    const timer = setInterval(() => {
      if (!show(element)) clearInterval(timer);
    }, 1000);
  }
}
