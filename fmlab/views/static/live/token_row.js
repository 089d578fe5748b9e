// One token: where it looks, and who looks at it, as bars in the order of the sentence.

import { el, freshId, percent } from "./dom.js";

/**
 * Return the drawing and how to fill it.
 *
 * @param {object} figure
 * @param {(choice: {side, place}) => void} onToken a token was chosen
 */
export function tokenRow(figure, onToken) {
  const { t } = figure;
  const id = freshId("live-token");
  const select = el("select", {
    id,
    onchange: () => onToken({ side: "from", place: Number(select.value) }),
  });
  const row = el("div", { class: "live-spread" });
  const column = el("div", { class: "live-spread" });
  const element = el(
    "div",
    {},
    el("p", {}, el("label", { for: id, text: t("attToken") }), select),
    el("div", { class: "live-spreads" }, row, column),
    el("p", { class: "live-hint", text: t("attColumnHint") }),
  );
  let named = "";

  function show({ weights, size, labels, keep, token }) {
    const key = JSON.stringify([labels, keep]);
    if (key !== named) {
      select.replaceChildren(
        ...keep.map((place) => el("option", { value: place, text: labels[place] })),
      );
      named = key;
    }
    select.value = String(token.place);
    const name = labels[token.place];
    const bars = (weight) =>
      keep.map((other) => bar(labels[other], weight(other), other === token.place));
    row.replaceChildren(
      el("p", { class: "live-title", text: t("attLooksTitle", { token: name }) }),
      list(
        t("attLooksTitle", { token: name }),
        bars((other) => weights[token.place * size + other]),
      ),
    );
    column.replaceChildren(
      el("p", { class: "live-title", text: t("attSeenTitle", { token: name }) }),
      list(
        t("attSeenTitle", { token: name }),
        bars((other) => weights[other * size + token.place]),
      ),
    );
  }

  return { element, show };
}

function list(name, bars) {
  return el("ul", { class: "live-spread-box", tabindex: 0, "aria-label": name }, ...bars);
}

function bar(label, weight, own) {
  return el(
    "li",
    { class: own ? "live-bar-row live-own-row" : "live-bar-row" },
    el("span", { class: "live-token", text: label }),
    el(
      "span",
      { class: "live-track", "aria-hidden": "true" },
      el("span", { class: "live-bar", style: `width:${weight * 100}%` }),
    ),
    el("span", { class: "live-number", text: percent(weight) }),
  );
}
