// The live page of an auction. Without this script it is plain forms and a link that loads it anew.
// A plain GET with an ETag is always right; the stream only hints that it is time for one. Bids carry an id made here, so that the
// same bid sent twice counts once. A bid that could not be sent is kept, shown as not sent, and never sent by itself.
"use strict";
(function () {
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const say = root.dataset;
  const line = root.querySelector("[data-line]");
  const lots = [...root.querySelectorAll("[data-lot]")];
  const find = (lot, name) => lot.querySelector(`[data-${name}]`);
  const words = (text, value) => text.replace("%s", value);
  const clock = () => performance.now();
  const two = (number) => String(number).padStart(2, "0");
  let version = "";
  let offset = Date.parse(say.now) - clock(); // the server's clock, from the page until the first answer
  let shortest = Infinity;
  let lastEvent = -Infinity;
  let lastSeen = clock();
  let lastAsked = -Infinity;
  let asking = false;
  let again = false;
  let lost = false;

  const left = (lot) => Math.ceil((Date.parse(lot.dataset.ends) - clock() - offset) / 1000);
  const open = (lot) => lot.dataset.state === "open";

  function setClock(now, started) {
    const trip = clock() - started;
    if (!now || trip > shortest * 1.5) return;
    shortest = Math.min(shortest, trip);
    offset = Date.parse(now) + trip / 2 - clock();
  }

  function fetchSoon(url, options) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 15000);
    const all = { credentials: "same-origin", cache: "no-store", signal: stop.signal, ...options };
    return fetch(url, all).finally(() => clearTimeout(timer));
  }

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    lastAsked = clock();
    try {
      const seen = lots.map((lot) => `${lot.dataset.n}.${lot.dataset.s}.${lot.dataset.state}`).join(",");
      const headers = version ? { "If-None-Match": version } : {};
      const answer = await fetchSoon(`${say.url}?seen=${seen}`, { headers });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (!answer.ok && answer.status !== 304) throw new Error(answer.status);
      setClock(answer.headers.get("X-Server-Now"), lastAsked);
      if (answer.status !== 304) {
        const told = await answer.json();
        if (told.phase !== say.phase) return location.reload();
        told.lots.forEach(put);
        version = answer.headers.get("ETag") || "";
      }
      lastSeen = clock();
      lost = false;
    } catch (error) {
      lost = true;
    } finally {
      asking = false;
      show();
      if (again) ask();
    }
  }

  function put(facts) {
    const lot = lots.find((one) => one.dataset.lot === facts.id);
    if (!lot) return;
    Object.assign(lot.dataset, { s: facts.s, state: facts.state, ends: facts.ends, seen: facts.seen });
    find(lot, "price").textContent = facts.price;
    const told = find(lot, "words");
    if (told.textContent !== facts.words) told.textContent = facts.words;
    told.className = `live-lot__words live-lot__words--${facts.tone}`;
    // what was said of an own bid is over once the lot says otherwise
    if (lot.tone && (lot.tone === "success") !== (facts.tone === "success")) note(lot, "", "info");
    find(lot, "reserve").textContent = facts.reserve;
    find(lot, "reserve").hidden = !facts.reserve;
    const bids = find(lot, "bids");
    if (bids) {
      bids.hidden = !facts.takes;
      find(lot, "has-max").hidden = !facts.max;
      bids.querySelectorAll("button[name=amount]").forEach((button, place) => {
        const step = facts.steps[place];
        if (!step) return;
        button.value = step[0];
        find(button, "step").textContent = step[1];
      });
    }
    const rows = facts.log.map((cells) => {
      const row = document.createElement("tr");
      for (const cell of cells) row.appendChild(document.createElement("td")).textContent = cell;
      return row;
    });
    find(lot, "log").replaceChildren(...rows);
  }

  function show() {
    const quiet = Math.round((clock() - lastSeen) / 1000);
    const text = words(lost || !navigator.onLine ? say.offline : say.online, quiet);
    if (line.textContent !== text) line.textContent = text;
    line.parentElement.classList.toggle("live-line--lost", lost || !navigator.onLine);
    for (const lot of lots) {
      const time = find(lot, "time");
      time.hidden = !open(lot);
      if (!open(lot)) continue;
      const seconds = left(lot);
      const shown = find(lot, "left");
      const hours = Math.floor(seconds / 3600);
      const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
      shown.textContent = seconds <= 0 ? say.over : hours ? `${hours}:${rest}` : rest;
      shown.classList.toggle("countdown--soon", seconds <= Number(say.last));
      const bids = find(lot, "bids");
      if (bids && seconds <= 0) bids.hidden = true;
    }
  }

  function tick() {
    show();
    const near = lots.filter(open).map(left);
    const overdue = near.some((seconds) => seconds < -1);
    const heard = clock() - lastEvent < say.quiet * 1000;
    if ((heard && !overdue) || (!near.length && say.phase !== "upcoming")) return;
    const pace = near.some((seconds) => seconds <= Number(say.last)) ? say.fast : say.slow;
    if (!asking && clock() - lastAsked >= pace * 1000) ask();
  }

  // Bids
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const now = Date.now();
    for (let place = 0; place < 6; place += 1) bytes[place] = Math.floor(now / 2 ** (40 - 8 * place)) % 256;
    bytes[6] = (bytes[6] & 15) | 112;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function note(lot, text, tone) {
    const place = find(lot, "note");
    lot.tone = text && tone !== "info" ? tone : "";
    place.hidden = !text;
    place.textContent = text;
    place.className = `live-lot__note live-lot__words--${tone}`;
  }

  function keep(lot, bid, text) {
    const key = `bid-${lot.dataset.lot}`;
    lot.bid = bid;
    find(lot, "unsent").hidden = !bid;
    find(lot, "unsent-text").textContent = bid ? words(text, bid.label) : "";
    try {
      if (bid) sessionStorage.setItem(key, JSON.stringify({ ...bid, text }));
      else sessionStorage.removeItem(key);
    } catch (error) {
      /* no storage: the bid is kept as long as the page is open */
    }
  }

  async function send(lot, bid) {
    if (lot.busy) return;
    if (!navigator.onLine) return keep(lot, bid, say.notSent);
    lot.busy = true;
    note(lot, say.sending, "info");
    keep(lot, null, "");
    try {
      const options = { method: "POST", body: new URLSearchParams(bid.fields), headers: { Accept: "application/json" } };
      const answer = await fetchSoon(bid.url, options);
      const told = await answer.json();
      if (answer.status !== 200 && answer.status !== 422) throw new Error(answer.status);
      note(lot, told.words, told.tone);
      lost = false;
      ask();
    } catch (error) {
      note(lot, "", "info");
      keep(lot, bid, say.unknown);
      lost = true;
      show();
    } finally {
      lot.busy = false;
    }
  }

  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-bid]")) return;
    event.preventDefault();
    const lot = form.closest("[data-lot]");
    const data = new FormData(form, event.submitter);
    data.set("id", newId());
    data.set("seen", lot.dataset.seen);
    const step = event.submitter && event.submitter.querySelector("[data-step]");
    const label = step ? step.textContent : data.get("maximum");
    send(lot, { url: form.getAttribute("action"), fields: [...data], label });
  });
  root.addEventListener("click", (event) => {
    const lot = event.target.closest("[data-lot]");
    if (!lot || !lot.bid) return;
    if (event.target.closest("[data-send]")) send(lot, lot.bid);
    if (event.target.closest("[data-drop]")) keep(lot, null, "");
  });
  for (const lot of lots) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(`bid-${lot.dataset.lot}`));
      if (kept) keep(lot, kept, kept.text);
    } catch (error) {
      /* nothing kept */
    }
  }

  if (say.stream && window.EventSource) {
    const source = new EventSource(say.stream, { withCredentials: true });
    const heard = () => {
      lastEvent = clock();
    };
    source.addEventListener("beat", heard);
    source.addEventListener("bid", () => {
      heard();
      ask();
    });
  }
  window.addEventListener("online", ask);
  window.addEventListener("offline", show);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  setInterval(tick, 500);
  ask();
})();
