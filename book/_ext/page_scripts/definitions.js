// A glossary word's definition beside the word: on hover, on focus, and on a tap. WCAG 1.4.13:
// Escape closes it, the pointer may move onto it, and it stays until both have left.
// The definitions are on the page already (book/_ext/definitions.py), and a screen reader reads
// them with the link; so without this script nothing is lost but the box.

const LINKS = "a.term-link[aria-describedby]";
const GAP = 6; // pixels between the word and the box
const EDGE = 8; // pixels between the box and the window
const PATIENCE = 250; // milliseconds for the pointer's way from the word to the box

let shown = null; // the box that is seen, and the link that it belongs to
let leaving;

/** Show definitions on this page. */
export function showDefinitions() {
  const boxes = document.querySelector(".definitions");
  if (!boxes) return;
  document.body.append(boxes); // where no scrolling box cuts it off
  for (const link of document.querySelectorAll(LINKS)) listen(link);
  for (const box of boxes.children) {
    box.addEventListener("pointerenter", stay);
    box.addEventListener("pointerleave", leave);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown) {
      event.stopPropagation();
      hide();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (shown && !shown.box.contains(event.target) && !shown.link.contains(event.target)) hide();
  });
  addEventListener("resize", hide);
}

function listen(link) {
  let openBefore = false;
  let touched = false;
  link.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "touch") show(link, event);
  });
  link.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") leave();
  });
  link.addEventListener("focus", () => show(link));
  link.addEventListener("blur", hide);
  link.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    openBefore = shown?.link === link;
  });
  // The first tap shows the definition, the second follows the link.
  link.addEventListener("click", (event) => {
    if (!touched || openBefore || event.detail === 0) return;
    event.preventDefault();
    show(link, event);
  });
}

function show(link, pointer = null) {
  stay();
  const box = document.getElementById(link.getAttribute("aria-describedby"));
  if (!box) return;
  if (shown && shown.box !== box) hide();
  shown = { box, link };
  box.hidden = false;
  put(box, wordBox(link, pointer));
}

function hide() {
  stay();
  if (shown) shown.box.hidden = true;
  shown = null;
}

function stay() {
  clearTimeout(leaving);
}

function leave() {
  stay();
  leaving = setTimeout(() => {
    if (document.activeElement !== shown?.link) hide();
  }, PATIENCE);
}

/** Return the rectangle of the word; of a word that is broken over lines, the part pointed at. */
function wordBox(link, pointer) {
  const parts = [...link.getClientRects()];
  const y = pointer?.clientY ?? -1;
  return parts.find((part) => y >= part.top && y <= part.bottom) ?? parts[0];
}

/** Put the box below the word, or above it where there is no room. */
function put(box, word) {
  const room = document.documentElement;
  const { width, height } = box.getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(word.left, room.clientWidth - width - EDGE));
  const below = word.bottom + GAP;
  const above = word.top - GAP - height;
  const top = below + height > room.clientHeight && above >= 0 ? above : below;
  box.style.left = `${left + scrollX}px`;
  box.style.top = `${top + scrollY}px`;
}
