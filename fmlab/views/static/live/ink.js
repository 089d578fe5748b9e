// A matrix as a drawing: the darker a cell, the larger its weight. Cells that are about as dark share
// one path, so that a drawing has a handful of elements however long the sentence is, and follows the
// page's colours by itself.

import { el, svg } from "./dom.js";

const LEVELS = 16;

/** Return how dark a weight is drawn, 0 to 1; the square root lets small weights be seen too. */
export function darkness(weight) {
  return Math.sqrt(Math.min(Math.max(weight, 0), 1));
}

/**
 * Return the paths of a matrix, one unit a cell.
 *
 * @param {Float32Array} weights size x size, row after row
 * @param {number} size
 * @param {number[]} keep which rows and columns to draw
 * @param {number} block how many rows and columns make one cell; the largest weight counts
 */
export function ink(weights, size, keep, block = 1) {
  const cells = Math.ceil(keep.length / block);
  const levels = Array.from({ length: LEVELS + 1 }, () => []);
  for (let y = 0; y < cells; y += 1) {
    const rows = keep.slice(y * block, (y + 1) * block);
    for (let x = 0; x < cells; x += 1) {
      let top = 0;
      for (const i of rows) {
        for (let c = x * block; c < Math.min((x + 1) * block, keep.length); c += 1) {
          const weight = weights[i * size + keep[c]];
          if (weight > top) top = weight;
        }
      }
      levels[Math.round(darkness(top) * LEVELS)].push(`M${x} ${y}h1v1h-1z`);
    }
  }
  return levels.flatMap((parts, level) =>
    level && parts.length
      ? [svg("path", { d: parts.join(""), "fill-opacity": level / LEVELS })]
      : [],
  );
}

/** Return what the shades mean, in a row of examples. */
export function legend(t) {
  const examples = [0.01, 0.05, 0.25, 0.5, 1].map((weight) =>
    el(
      "span",
      { class: "live-legend-step" },
      el("span", {
        class: "live-swatch",
        style: `opacity:${darkness(weight)}`,
        "aria-hidden": "true",
      }),
      t("attShare", { share: weight * 100 }),
    ),
  );
  return el(
    "p",
    { class: "live-hint live-legend" },
    el("span", { text: t("attDarker") }),
    ...examples,
  );
}
