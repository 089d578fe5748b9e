// The arrow keys turn pages, where nothing on the page wants them for itself.

// What has the focus when an arrow means nothing else: the page itself, a link, a heading.
const FREE = "body, html, main, a[href], h1, h2, h3, h4, h5, h6";
// Inside of these an arrow means something, also where a link has the focus.
const ROLES = "tablist, radiogroup, slider, grid, listbox, menu, menubar, tree, application";
const TAKEN = [
  "[data-live], [data-figure], .fmlab-live, figure, dialog, .Quiz, [contenteditable]",
  ...ROLES.split(", ").map((role) => `[role=${role}]`),
].join(", ");

/** Let ← and → open the page before and after. */
export function turnPagesByKey(store) {
  document.addEventListener("keydown", (event) => {
    const side = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (!side || !isFree(event) || !store.get().arrows) return;
    const link = document.querySelector(`link[rel="${side}"]`);
    if (!link) return;
    event.preventDefault();
    location.assign(link.href);
  });
}

function isFree(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return false;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) return false; // zoomed in: the arrows scroll
  if (document.querySelector("dialog[open]")) return false;
  const focused = document.activeElement ?? document.body;
  return focused.matches(FREE) && !focused.closest(TAKEN);
}
