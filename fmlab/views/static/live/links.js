// One head as lines: on the left the tokens that look, on the right those that are looked at.

import { el, percent, svg } from "./dom.js";
import { roving } from "./roving.js";

export const LEAST = 0.03; // weaker links are not drawn
const ROW = 26; // pixels, also in live.css
const STEPS = 10;

/**
 * Return the drawing and how to fill it.
 *
 * @param {object} figure
 * @param {(choice: {side, place} | null) => void} onToken a token was pressed
 */
export function links(figure, onToken) {
  const { t } = figure;
  const all = svg("g");
  const some = svg("g", { class: "live-chosen-links" });
  const lines = svg(
    "svg",
    { class: "live-links", preserveAspectRatio: "none", "aria-hidden": "true" },
    all,
    some,
  );
  const sides = {
    from: el("div", {
      class: "live-link-side live-link-from",
      role: "group",
      "aria-label": t("attFrom"),
    }),
    to: el("div", {
      class: "live-link-side live-link-to",
      role: "group",
      "aria-label": t("attTo"),
    }),
  };
  for (const side of Object.values(sides)) roving(side);
  const element = el(
    "div",
    { class: "live-link-box", tabindex: 0, role: "region", "aria-label": t("attLinesBox") },
    el("span", { class: "live-hint", text: t("attFrom"), "aria-hidden": "true" }),
    el("span"),
    el("span", { class: "live-hint", text: t("attTo"), "aria-hidden": "true" }),
    sides.from,
    lines,
    sides.to,
  );
  let shown = null; // what is drawn: weights, size, tokens, keep, token

  function show(scene) {
    const anew =
      shown?.tokens.join(" ") !== scene.tokens.join(" ") || `${shown.keep}` !== `${scene.keep}`;
    if (shown?.weights !== scene.weights || anew) draw(scene);
    shown = scene;
    if (anew) for (const side of ["from", "to"]) fill(side);
    for (const side of ["from", "to"]) mark(side);
    isolate(scene.token);
  }

  function draw({ weights, size, keep }) {
    lines.setAttribute("viewBox", `0 0 100 ${keep.length * ROW}`);
    lines.style.height = `${keep.length * ROW}px`;
    all.replaceChildren(
      ...strokes(
        keep.flatMap((i) => keep.map((j) => [i, j, weights[i * size + j]])),
        keep,
      ),
    );
  }

  function fill(side) {
    const buttons = shown.keep.map((place) =>
      el(
        "button",
        {
          type: "button",
          class: "live-link-token",
          "data-place": place,
          onclick: () => onToken(isChosen(side, place) ? null : { side, place }),
          onpointerenter: () => isolate({ side, place }),
          onpointerleave: () => isolate(shown.token),
          onfocus: () => isolate({ side, place }),
          onblur: () => isolate(shown.token),
        },
        el("span", { class: "live-token", text: shown.tokens[place] }),
        el("span", { class: "live-link-share" }),
      ),
    );
    sides[side].replaceChildren(...buttons);
  }

  function isChosen(side, place) {
    return shown.token?.side === side && shown.token?.place === place;
  }

  function mark(side) {
    for (const button of sides[side].children) {
      button.setAttribute("aria-pressed", String(isChosen(side, Number(button.dataset.place))));
    }
    sides[side].settle();
  }

  /** Show one token's lines alone, with their weights beside the other column; null shows all. */
  function isolate(token) {
    if (!shown) return;
    const { weights, size, keep } = shown;
    const here = token && keep.includes(token.place) ? token : null;
    all.classList.toggle("live-dimmed", here !== null);
    const own = (other) =>
      here.side === "from"
        ? weights[here.place * size + other]
        : weights[other * size + here.place];
    const triples = here
      ? keep.map((other) =>
          here.side === "from" ? [here.place, other, own(other)] : [other, here.place, own(other)],
        )
      : [];
    some.replaceChildren(...strokes(triples, keep));
    for (const side of ["from", "to"]) {
      const told = here && here.side !== side;
      for (const button of sides[side].children) {
        button.lastChild.textContent = told ? percent(own(Number(button.dataset.place))) : "";
      }
    }
  }

  return { element, show };
}

/** Return few paths for many lines: those that are about as strong share one. */
function strokes(triples, keep) {
  const at = new Map(keep.map((place, row) => [place, row * ROW + ROW / 2]));
  const paths = Array.from({ length: STEPS + 1 }, () => []);
  for (const [from, to, weight] of triples) {
    if (weight < LEAST) continue;
    paths[Math.round(weight * STEPS)].push(`M0 ${at.get(from)}L100 ${at.get(to)}`);
  }
  return paths.flatMap((parts, step) => {
    if (!parts.length) return [];
    const weight = Math.max(step / STEPS, LEAST);
    return [
      svg("path", {
        d: parts.join(""),
        "stroke-opacity": 0.12 + 0.88 * weight,
        "stroke-width": 0.7 + 4 * weight,
      }),
    ];
  });
}
