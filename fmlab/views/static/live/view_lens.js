// Lens: what each layer would fill in, were it the last one; at covered places or everywhere.

import { choice } from "./choice.js";
import { el, percent } from "./dom.js";
import { byPlace, forming } from "./forming.js";
import { sentence } from "./sentence.js";
import { shades } from "./shades.js";

export function lens(figure) {
  const { t, options } = figure;
  const redraw = () => figure.redraw();
  const asked = sentence(figure, {
    label: t("sentence"),
    text: options.text,
    masked: options.masked,
    onChange: redraw,
  });
  const covered = options.masked?.length || options.text.includes("[MASK]");
  const where = choice(figure, {
    label: t("lensWhere"),
    choices: [
      ["covered", t("lensCovered")],
      ["everywhere", t("lensEverywhere")],
    ],
    value: covered ? "covered" : "everywhere",
    onChange: redraw,
  });
  figure.limits.textContent = t("lensLimits");

  return async (current) => {
    const everywhere = where.value === "everywhere";
    const answer = await figure.ask({
      text: asked.text,
      masked: asked.masked,
      lens: true,
      everywhere,
      k: everywhere ? 1 : (options.k ?? 5),
      asked: everywhere ? [] : options.asked,
    });
    if (!current()) return;
    asked.show(answer);
    const places = byPlace(answer.fills);
    if (everywhere) showAll(figure, answer, places);
    else showCovered(figure, places);
  };
}

/** Return a row's name: the layer after which the states are read. */
function rowName(t, layer) {
  return layer === 0 ? t("embeddings") : t("layerRow", { layer });
}

// -- covered places ------------------------------------------------------------------------------

function showCovered(figure, places) {
  const { t } = figure;
  figure.drawing.replaceChildren(...places.map((fills, i) => ladder(figure, fills, i)));
  if (places.length) figure.drawing.append(el("p", { class: "live-hint", text: t("lensHint") }));
  figure.say(
    places.length ? places.map((fills, i) => told(t, fills, i)).join(" ") : t("nothingCovered"),
  );
  const rows = places.flatMap((fills, i) =>
    fills.flatMap((fill) => [...fill.candidates, ...known(fill)].map((c) => line(t, fill, i, c))),
  );
  const columns = ["layer", "place", "candidate", "probability", "entropyColumn"].map((key) =>
    t(key),
  );
  figure.tabulate(t("lensTable"), columns, rows);
}

/** Return the asked words that the model's vocabulary has. */
function known(fill) {
  return fill.asked.filter((c) => c.probability !== null);
}

function line(t, fill, i, { token, probability }) {
  const share = `${(probability * 100).toFixed(2)} %`;
  return [rowName(t, fill.layer), String(i + 1), token, share, fill.entropyBits.toFixed(2)];
}

function ladder(figure, fills, i) {
  const { t, options } = figure;
  const final = forming(fills).token;
  const columns = [
    t("layer"),
    ...fills[0].candidates.map((_, n) => t("guess", { n: n + 1 })),
    ...known(fills[0]).map(({ token }) => t("askedWord", { token })),
    t("spread"),
  ];
  const rows = fills.map((fill) => ({
    name: rowName(t, fill.layer),
    cells: [
      ...fill.candidates.map((c) => guess(c, c.token === final)),
      ...known(fill).map(({ probability }) => ({ text: percent(probability), share: probability })),
      spread(t, fill, options.language),
    ],
  }));
  return shades(t("lensCaption", { n: i + 1 }), columns, rows);
}

function guess({ token, probability }, strong) {
  return { text: token, small: percent(probability), share: probability, strong };
}

function spread(t, { entropyBits }, language = "en") {
  const choices = Math.round(2 ** entropyBits).toLocaleString(language);
  return { text: t("bits", { bits: entropyBits.toFixed(1) }), small: t("equally", { choices }) };
}

function told(t, fills, i) {
  const { token, share, first, stays } = forming(fills);
  const values = {
    n: i + 1,
    token,
    share: percent(share),
    first: rowName(t, first),
    row: rowName(t, stays),
  };
  if (first < stays) return t("lensLost", values);
  return t(stays === fills.at(-1).layer ? "lensLast" : "lensFrom", values);
}

// -- every token ---------------------------------------------------------------------------------

function showAll(figure, { tokens }, places) {
  const { t } = figure;
  const layers = places[0].map((fill) => fill.layer);
  const columns = [t("token"), ...layers.map((layer) => rowName(t, layer))];
  const rows = places.map((fills) => ({
    name: tokens[fills[0].place],
    cells: fills.map((fill) => guess(fill.candidates[0], settled(fills, fill.layer))),
  }));
  figure.drawing.replaceChildren(
    shades(t("lensGrid"), columns, rows),
    el("p", { class: "live-hint", text: t("lensGridHint") }),
  );
  const counts = layers.slice(0, -1).map((layer) =>
    t("lensSettled", {
      row: rowName(t, layer),
      n: places.filter((fills) => settled(fills, layer)).length,
    }),
  );
  figure.say([t("lensAllTold", { all: places.length }), ...counts].join(" "));
  figure.tabulate(
    t("lensGrid"),
    columns,
    rows.map(({ name, cells }) => [name, ...cells.map((cell) => `${cell.text} (${cell.small})`)]),
  );
}

/** Return whether a layer's first guess is the last one's already, and stays. */
function settled(fills, layer) {
  return layer >= forming(fills).stays;
}
