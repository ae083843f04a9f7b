/* Loads a board anew every so many seconds while it is in view, so that nobody must touch it. */
"use strict";
(function () {
  const board = document.querySelector("[data-reload]");
  if (!board) return;
  const seconds = Number(board.dataset.reload) || 20;
  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-reload]");
      if (fresh && fresh.innerHTML !== board.innerHTML) board.replaceChildren(...fresh.childNodes);
    } catch (error) {
      /* no network for a moment: the board keeps what it shows */
    }
  }
  window.setInterval(refresh, seconds * 1000);
})();
