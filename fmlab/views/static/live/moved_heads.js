// Which heads look elsewhere from the covered place when a word of the sentence changes.

import { totalVariation } from "./distribution.js";
import { el, percent } from "./dom.js";
import { numberedBoth } from "./numbered.js";
import { shades } from "./shades.js";
import { table } from "./tables.js";
import { versus } from "./versus.js";

const LINKED = 0.02; // tokens that get less from both are left out of the picture

/**
 * Return what moves in the attention from the first covered place.
 *
 * @param {object} figure
 * @param {object[]} answers to the one sentence and the other
 * @param {string[]} names of the two
 * @returns {{drawing: Element[], tables: Element[], line: string}}
 */
export function movedHeads(figure, answers, names) {
  const { t } = figure;
  const [a, b] = answers.map((answer) => answer.tokens);
  if (a.length !== b.length) {
    const line = t("noHeads", { a: a.length, b: b.length });
    return { drawing: [el("p", { class: "live-hint", text: line })], tables: [], line };
  }
  const { place } = answers[0].fills[0];
  const heads = distances(answers, place);
  const most = heads.reduce((best, one) => (one.moved > best.moved ? one : best));
  const told = { layer: most.layer + 1, head: most.head + 1, moved: percent(most.moved) };
  const rows = lookedAt(answers, place, most, a, b);
  const shown = rows.filter(({ shares }) => Math.max(...shares) >= LINKED);
  const sorted = [...heads].sort((one, other) => other.moved - one.moved);
  return {
    drawing: [
      grid(figure, heads, most),
      el("p", { class: "live-hint", text: t("headsHint") }),
      el("p", { class: "live-title", text: t("rowOfHead", told) }),
      versus(
        names.map((name) => t("with", { name })),
        shown,
      ),
    ],
    tables: [
      table(
        t("headsTable"),
        [t("layer"), t("head"), t("movedColumn")],
        sorted.map(({ layer, head, moved }) => [layer + 1, head + 1, percent(moved)]),
      ),
      table(
        t("rowOfHead", told),
        [t("to"), ...names.map((name) => t("weightWith", { name }))],
        rows.map(({ token, shares }) => [token, ...shares.map(percent)]),
      ),
    ],
    line: t("headsTold", told),
  };
}

/** Return for each head how far its row of attention at a place moves: 0 not at all, 1 wholly. */
function distances(answers, place) {
  const { layers, heads, size } = answers[0].attentions;
  const found = [];
  for (let layer = 0; layer < layers; layer += 1) {
    for (let head = 0; head < heads; head += 1) {
      const [a, b] = answers.map((answer) => row(answer, layer, head, place, size));
      found.push({ layer, head, moved: totalVariation(a, b) });
    }
  }
  return found;
}

function row({ attentions }, layer, head, place, size) {
  return attentions.head(layer, head).subarray(place * size, (place + 1) * size);
}

function lookedAt(answers, place, { layer, head }, a, b) {
  const rows = answers.map((answer) => row(answer, layer, head, place, a.length));
  return numberedBoth(a, b).map((token, i) => ({
    token,
    shares: rows.map((weights) => weights[i]),
  }));
}

function grid({ t }, heads, most) {
  const columns = heads
    .filter(({ layer }) => layer === 0)
    .map(({ head }) => t("headColumn", { head: head + 1 }));
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  const rows = layers.map((layer) => ({
    name: t("layerRow", { layer: layer + 1 }),
    cells: heads
      .filter((one) => one.layer === layer)
      .map((one) => ({
        text: percent(one.moved),
        share: one.moved / (most.moved || 1),
        strong: one === most,
      })),
  }));
  return shades(t("headsGrid"), [t("layer"), ...columns], rows);
}
