// Countdowns tick and ages grow. Nothing here is needed: every page is whole without it.
(() => {
  "use strict";
  const meta = document.querySelector('meta[name="linewright-clock"]');
  if (!meta) return;
  const rate = Number(meta.dataset.rate) || 1;
  let shown = Date.parse(meta.content);
  let heard = performance.now();
  const now = () => shown + (performance.now() - heard) * rate;

  const UNITS = [[86400, "day"], [3600, "h"], [60, "min"], [1, "s"]];
  const span = (seconds) => {
    let left = Math.max(Math.floor(seconds), 0);
    const parts = [];
    for (const [length, name] of UNITS) {
      const count = Math.floor(left / length);
      left -= count * length;
      if (count) parts.push(`${count} ${name}${name === "day" && count > 1 ? "s" : ""}`);
    }
    return parts.slice(0, 2).join(" ") || "0 s";
  };

  const say = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };

  const tick = () => {
    for (const element of document.querySelectorAll("time[data-countdown]")) {
      const left = (Date.parse(element.dateTime) - now()) / 1000;
      say(element, left <= 0 ? "now" : `in ${span(Math.ceil(left))}`);
    }
    for (const element of document.querySelectorAll("time[data-ago]")) {
      const passed = (now() - Date.parse(element.dateTime)) / 1000;
      say(element, passed < 5 ? "just now" : `${span(passed)} ago`);
    }
  };

  // A part that was fetched anew may carry the service's time; so a browser's clock never matters.
  document.addEventListener("htmx:afterSwap", (event) => {
    const carrier = event.target.closest?.("[data-now]") || event.target.querySelector?.("[data-now]");
    if (carrier) {
      shown = Date.parse(carrier.dataset.now);
      heard = performance.now();
    }
    tick();
  });

  // One dialogue at a time, closed by Escape.
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details.confirm[open]")) return;
    for (const other of document.querySelectorAll("details.confirm[open]")) if (other !== event.target) other.open = false;
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.confirm[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
    setTimeout(() => delete event.target.dataset.sent, 4000);
  });

  // On a phone the navigation scrolls; the page one is on is in sight.
  const nav = document.querySelector(".nav");
  const here = nav?.querySelector("[aria-current]");
  if (here) nav.scrollLeft = here.offsetLeft - nav.clientWidth / 3;

  tick();
  setInterval(tick, 1000);
})();
