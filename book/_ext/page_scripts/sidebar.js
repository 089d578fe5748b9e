// A mark beside each page in the sidebar that the reader has read: a tick, and a word for the ear.

import { el } from "./elements.js";
import { pageName } from "./site_pages.js";

/** Mark the sidebar's links, now and after each change. */
export function markSidebar(store, t) {
  const links = [...document.querySelectorAll(".bd-sidebar-primary nav a.reference.internal")];
  const named = links.map((link) => [link, pageName(link.href)]);
  store.onChange(({ read }) => {
    for (const [link, page] of named) {
      const mark = link.querySelector(".read-mark");
      if (read.has(page) && !mark) link.append(readMark(t));
      else if (!read.has(page)) mark?.remove();
    }
  });
}

function readMark(t) {
  return el(
    "span",
    { class: "read-mark" },
    el("span", { "aria-hidden": "true" }, "✓"),
    el("span", { class: "visually-hidden" }, ` (${t("read")})`),
  );
}
