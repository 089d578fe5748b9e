// Two probabilities of each token, one bar above the other.

import { el, percent } from "./dom.js";

/**
 * Return the drawing. Screen readers pass over it: the figure's line and table say the same.
 *
 * @param {string[]} names what the two are
 * @param {{token: string, shares: number[], note?: string}[]} rows
 */
export function versus(names, rows) {
  const legend = names.map((name, i) =>
    el("span", { class: "live-versus-key" }, el("span", { class: swatch(i) }), name),
  );
  return el(
    "div",
    { "aria-hidden": "true" },
    el("p", { class: "live-versus-legend" }, ...legend),
    ...rows.map(({ token, shares, note }) =>
      el(
        "div",
        { class: "live-versus" },
        el("span", { class: "live-token", text: token }),
        el("span", { class: "live-versus-bars" }, ...shares.flatMap(bar)),
        note ? el("span", { class: "live-versus-note", text: note }) : null,
      ),
    ),
  );
}

function swatch(i) {
  return i === 0 ? "live-bar live-versus-swatch" : "live-bar live-versus-swatch live-hatched";
}

function bar(share, i) {
  return [
    el(
      "span",
      { class: "live-track" },
      el("span", {
        class: i === 0 ? "live-bar" : "live-bar live-hatched",
        style: `width:${share * 100}%`,
      }),
    ),
    el("span", { class: "live-number", text: percent(share) }),
  ];
}
