// Fill-mask: type a sentence, cover a word, see what the model would put there.

import { el, percent } from "./dom.js";
import { sentence } from "./sentence.js";

export function fillMask(figure) {
  const { t, options } = figure;
  const asked = sentence(figure, {
    label: t("sentence"),
    text: options.text,
    masked: options.masked,
    onChange: () => figure.redraw(),
  });
  figure.limits.textContent = t("fillLimits");

  return async (current) => {
    const answer = await figure.ask({ text: asked.text, masked: asked.masked, k: options.k ?? 5 });
    if (!current()) return;
    asked.show(answer);
    const { fills } = answer;
    figure.drawing.replaceChildren(...fills.map((fill, i) => blank(figure, fill, i, fills.length)));
    figure.say(
      fills.length ? fills.map((fill, i) => told(t, fill, i)).join(" ") : t("nothingCovered"),
    );
    const rows = fills.flatMap((fill, i) =>
      fill.candidates.map((c) => [c.token, String(i + 1), `${(c.probability * 100).toFixed(2)} %`]),
    );
    figure.tabulate(t("fillTable"), [t("candidate"), t("place"), t("probability")], rows);
  };
}

function told(t, fill, i) {
  const [first, ...others] = fill.candidates;
  return t("filled", {
    n: i + 1,
    token: first.token,
    share: percent(first.probability),
    others: others.map((c) => `${c.token} (${percent(c.probability)})`).join(", "),
  });
}

function blank(figure, fill, i, all) {
  const { t } = figure;
  const bars = fill.candidates.map(({ token, probability }) =>
    el(
      "div",
      { class: "live-bar-row" },
      el("span", { class: "live-token", text: token }),
      el(
        "span",
        { class: "live-track" },
        el("span", { class: "live-bar", style: `width:${probability * 100}%` }),
      ),
      el("span", { class: "live-number", text: percent(probability) }),
    ),
  );
  const choices = Math.round(2 ** fill.entropyBits).toLocaleString(figure.options.language ?? "en");
  return el(
    "div",
    { class: "live-blank" },
    all > 1 ? el("p", { class: "live-title", text: t("blank", { n: i + 1 }) }) : null,
    // The line below and the table say the same.
    el("div", { "aria-hidden": "true" }, ...bars),
    el("p", { class: "live-hint", text: t("entropy", { choices }) }),
  );
}
