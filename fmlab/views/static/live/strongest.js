// The strongest links of a matrix in words: what the status line says of a drawing.

import { percent } from "./dom.js";
import { listed } from "./listed.js";
import { largest } from "./numbers.js";

const NAMED = 3;

/**
 * Say which links are strongest.
 *
 * @param {string} stem of the words: att, or attRollout, which leaves out a token's link to itself
 */
export function strongestLinks(figure, { weights, size, labels, keep, stem }) {
  const others = stem === "attRollout";
  const all = keep.flatMap((i) => keep.filter((j) => !others || i !== j).map((j) => [i, j]));
  const values = Float32Array.from(all, ([i, j]) => weights[i * size + j]);
  const parts = largest(values, NAMED).map((n) => {
    const [from, to] = all[n];
    return figure.t(`${stem}Link`, {
      from: labels[from],
      to: labels[to],
      share: percent(values[n]),
    });
  });
  return figure.t(`${stem}Strongest`, { links: listed(figure, parts) });
}

/** Say where one token looks most (`from`), or who looks at it most (`to`). */
export function strongestOf(figure, { weights, size, labels, keep, stem }, { side, place }) {
  const values = Float32Array.from(keep, (other) =>
    side === "from" ? weights[place * size + other] : weights[other * size + place],
  );
  const targets = largest(values, NAMED).map((n) =>
    figure.t("attTarget", { token: labels[keep[n]], share: percent(values[n]) }),
  );
  const key = side === "from" ? `${stem}Looks` : `${stem}Seen`;
  return figure.t(key, { token: labels[place], targets: listed(figure, targets) });
}
