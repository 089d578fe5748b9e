// One matrix, large: a row for each token that looks, a column for each that is looked at.

import { el, percent, svg } from "./dom.js";
import { ink } from "./ink.js";
import { roving } from "./roving.js";

const CELL = 24; // pixels, also in live.css

/**
 * Return the drawing and how to fill it.
 *
 * @param {object} figure
 * @param {(choice: {side, place} | null) => void} onToken a token was pressed
 */
export function matrix(figure, onToken) {
  const { t } = figure;
  const columns = el("div", { class: "live-matrix-columns", "aria-hidden": "true" });
  const rows = el("div", { class: "live-matrix-rows", role: "group", "aria-label": t("attFrom") });
  roving(rows);
  const cells = svg("g", { class: "live-ink" });
  const frame = svg("rect", { class: "live-frame" });
  const drawing = svg("svg", { class: "live-matrix-cells", "aria-hidden": "true" }, cells, frame);
  const corner = el("span", { class: "live-hint live-corner", "aria-hidden": "true" });
  const box = el(
    "div",
    { class: "live-matrix-box", tabindex: 0, role: "region", "aria-label": t("attMatrixBox") },
    el("div", { class: "live-matrix" }, corner, columns, rows, drawing),
  );
  // For the pointer only: the table says the same.
  const pointed = el("p", {
    class: "live-hint live-pointed",
    "aria-hidden": "true",
    text: t("attPoint"),
  });
  const element = el("div", {}, box, pointed);
  let shown = null;

  function show(scene) {
    const anew =
      shown?.tokens.join(" ") !== scene.tokens.join(" ") || `${shown.keep}` !== `${scene.keep}`;
    const other = shown?.weights !== scene.weights;
    shown = scene;
    if (anew) label();
    corner.textContent = t(`${scene.stem}Corner`);
    if (anew || other) {
      cells.replaceChildren(...ink(scene.weights, scene.size, scene.keep));
      pointed.textContent = t("attPoint");
    }
    mark();
  }

  function label() {
    const { tokens, keep } = shown;
    const side = keep.length * CELL;
    drawing.setAttribute("width", side);
    drawing.setAttribute("height", side);
    drawing.setAttribute("viewBox", `0 0 ${keep.length} ${keep.length}`);
    columns.replaceChildren(
      ...keep.map((place) => el("span", { class: "live-token", text: tokens[place] })),
    );
    rows.replaceChildren(
      ...keep.map((place) =>
        el("button", {
          type: "button",
          class: "live-matrix-row live-token",
          "data-place": place,
          text: tokens[place],
          onclick: () => onToken(chosenRow() === place ? null : { side: "from", place }),
        }),
      ),
    );
  }

  function chosenRow() {
    return shown.token?.side === "from" ? shown.token.place : null;
  }

  function mark() {
    const { token, keep } = shown;
    for (const button of rows.children) {
      button.setAttribute("aria-pressed", String(chosenRow() === Number(button.dataset.place)));
    }
    rows.settle();
    const at = token ? keep.indexOf(token.place) : -1;
    frame.toggleAttribute("hidden", at < 0);
    if (at < 0) return;
    const along = token.side === "from";
    const span = {
      x: along ? 0 : at,
      y: along ? at : 0,
      width: along ? keep.length : 1,
      height: along ? 1 : keep.length,
    };
    for (const [name, value] of Object.entries(span)) frame.setAttribute(name, value);
  }

  /** Return the places of the cell under the pointer. */
  function under(event) {
    const area = drawing.getBoundingClientRect();
    const { keep } = shown;
    const [x, y] = [event.clientX - area.left, event.clientY - area.top].map(
      (p) => keep[Math.floor(p / CELL)],
    );
    return x === undefined || y === undefined ? null : { from: y, to: x };
  }

  drawing.addEventListener("pointermove", (event) => {
    const cell = under(event);
    if (!cell) return;
    const { labels, weights, size, stem } = shown;
    const share = percent(weights[cell.from * size + cell.to]);
    pointed.textContent = t(`${stem}Cell`, { from: labels[cell.from], to: labels[cell.to], share });
  });
  drawing.addEventListener("click", (event) => {
    const cell = under(event);
    if (cell) onToken({ side: "from", place: cell.from });
  });

  return { element, show };
}
