// All heads as small drawings, a row for each layer: one is chosen, by mouse or by arrow keys.

import { el, percent, svg } from "./dom.js";
import { chief, habits } from "./habits.js";
import { ink } from "./ink.js";

const FINEST = 48; // cells along one side of a small drawing
const WITH_WORDS = 6; // heads a layer, above which the small drawings have no room for words
const SAYS = {
  previous: ["attPrevious", "attPreviousShort"],
  next: ["attNext", "attNextShort"],
  self: ["attSelf", "attSelfShort"],
  first: ["attFirst", "attFirstShort"],
  last: ["attLast", "attLastShort"],
};

/**
 * Return the grid and how to fill it.
 *
 * @param {object} figure
 * @param {(layer: number, head: number) => void} onChoose a head was chosen
 */
export function headsGrid(figure, onChoose) {
  const { t } = figure;
  const { layers, heads } = figure.source.about;
  const many = heads > WITH_WORDS;
  const cells = [];
  const element = el("div", {
    class: many ? "live-heads live-many-heads" : "live-heads",
    role: "radiogroup",
    "aria-label": t("attHeads", { layers, heads }),
    style: `--heads:${heads}`,
    onkeydown: (event) => step(event),
  });
  const names = Array.from({ length: heads }, (_, head) =>
    many ? String(head + 1) : t("attHeadColumn", { head: head + 1 }),
  );
  element.append(
    el("span"),
    ...names.map((text) => el("span", { class: "live-head-name", text, "aria-hidden": "true" })),
  );
  for (let layer = 0; layer < layers; layer += 1) {
    element.append(
      el("span", {
        class: "live-head-name live-layer-name",
        text: t("attLayerRow", { layer: layer + 1 }),
        "aria-hidden": "true",
      }),
    );
    for (let head = 0; head < heads; head += 1) cells.push(cell(layer, head));
  }
  function cell(layer, head) {
    const drawing = svg("svg", {
      class: "live-ink",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    const habit = el("span", { class: "live-head-habit", "aria-hidden": "true" });
    const moves = el("span", { class: "live-head-habit live-head-moves", "aria-hidden": "true" });
    const turns = el("span", { class: "live-head-habit live-head-turns", "aria-hidden": "true" });
    const button = el(
      "button",
      { type: "button", class: "live-head", role: "radio", onclick: () => onChoose(layer, head) },
      drawing,
      habit,
      moves,
      turns,
    );
    element.append(button);
    return { layer, head, drawing, habit, moves, turns, button };
  }

  function step(event) {
    const at = cells.findIndex(({ button }) => button === event.target.closest("button"));
    if (at < 0) return;
    const { layer, head } = cells[at];
    const to = {
      ArrowLeft: [layer, head - 1],
      ArrowRight: [layer, head + 1],
      ArrowUp: [layer - 1, head],
      ArrowDown: [layer + 1, head],
      Home: [layer, 0],
      End: [layer, heads - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const [newLayer, newHead] = to;
    if (newLayer < 0 || newLayer >= layers || newHead < 0 || newHead >= heads) return;
    cells[newLayer * heads + newHead].button.focus();
    onChoose(newLayer, newHead);
  }

  let drawn = {};
  /**
   * Fill in: `off` holds numbers of heads, counted through; `moved` and `turned` (see sweep.js) say
   * what each does, or nothing.
   */
  function show({ attentions, keep, layer, head, off, moved, turned, among }) {
    const anew = drawn.attentions !== attentions || `${drawn.keep}` !== `${keep}`;
    const block = Math.ceil(keep.length / FINEST);
    cells.forEach((one, number) => {
      if (anew) {
        const weights = attentions.head(one.layer, one.head);
        const side = Math.ceil(keep.length / block);
        one.drawing.setAttribute("viewBox", `0 0 ${side} ${side}`);
        one.drawing.replaceChildren(...ink(weights, attentions.size, keep, block));
        one.chief = chief(habits(weights, attentions.size));
      }
      const chosen = one.layer === layer && one.head === head;
      const share = moved?.[number];
      const leads = turned?.[number];
      one.turns.textContent = leads ? t("attTakesLeadShort", { token: leads }) : "";
      one.button.setAttribute("aria-checked", String(chosen));
      one.button.tabIndex = chosen ? 0 : -1;
      one.button.classList.toggle("live-off", off.has(number));
      one.button.classList.toggle("live-among", among(one.layer));
      one.habit.textContent = off.has(number) ? t("attOffShort") : short(one.chief);
      one.moves.textContent =
        share === undefined ? "" : t("attMovesShort", { share: whole(share) });
      one.moves.style.setProperty("--moved", share === undefined ? 0 : share / Math.max(...moved));
      const said = [
        t("attHeadIs", { layer: one.layer + 1, head: one.head + 1 }),
        inWords(figure, one.chief),
      ];
      if (off.has(number)) said.push(t("attIsOff"));
      if (share !== undefined) said.push(t("attMoves", { share: percent(share) }));
      if (leads) said.push(t("attTakesLead", { token: leads }));
      one.button.setAttribute("aria-label", said.join(" "));
      one.button.title = said.join(" ");
    });
    drawn = { attentions, keep };
  }

  function short(found) {
    if (!found.length) return t("attSpreadShort");
    const [[key, share]] = found;
    return t(SAYS[key][1], { share: unbroken(share) });
  }

  return { element, show, hint: t(many ? "attManyHint" : "attGridHint") };
}

/** Return a share that does not break between number and sign. */
function unbroken(share) {
  return percent(share).replaceAll(" ", "\u00a0");
}

/** The same in whole percents, for want of room. */
function whole(share) {
  return share < 0.005 ? "< 1\u00a0%" : `${Math.round(share * 100)}\u00a0%`;
}

/** Say what a head mostly does for this sentence. */
export function inWords(figure, found) {
  const { t } = figure;
  if (!found.length) return t("attSpread");
  return found.map(([key, share]) => t(SAYS[key][0], { share: percent(share) })).join(" ");
}
