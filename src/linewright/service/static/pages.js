// What is open stays open when a part of a page is fetched anew. Nothing here is needed without scripts.
(() => {
  "use strict";
  let open = [];
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("details[open][id]")].map((each) => each.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    open = [];
  });
  document.addEventListener("htmx:oobAfterSwap", () => document.getElementById("no-questions")?.remove());
})();
