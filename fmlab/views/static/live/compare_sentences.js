// Two sentences, each with a covered word: their guesses, and one head's attention in both.

import { distribution, leaders, whole } from "./distribution.js";
import { el, percent } from "./dom.js";
import { headChoice } from "./head_choice.js";
import { numberedBoth } from "./numbered.js";
import { sentence } from "./sentence.js";
import { smallMatrix } from "./small_matrix.js";
import { table } from "./tables.js";
import { versus } from "./versus.js";

const LINKED = 0.1; // weights below are left out of the table

/** Return the part of the view that compares `first`, a sentence of the figure, with another. */
export function compareSentences(figure, first) {
  const { t, options } = figure;
  const second = sentence(figure, {
    label: t("sentenceB"),
    text: options.second || options.text,
    masked: options.second ? options.masked_second : options.masked,
    onChange: () => figure.redraw(),
  });
  const head = headChoice(figure, () => figure.redraw());
  const guessBox = el("div");
  const linkBox = el("div");
  const box = el("div", {}, guessBox, head.element, linkBox);

  async function draw(current) {
    const answers = [];
    for (const { text, masked } of [first, second]) {
      answers.push(await figure.ask(whole(figure, { text, masked })));
      if (!current()) return;
    }
    figure.warnOfCut(answers);
    first.show(answers[0]);
    second.show(answers[1]);
    const bare = answers.findIndex((answer) => answer.fills.length === 0);
    const guesses = bare < 0 ? compareGuesses(figure, answers) : null;
    const links = compareLinks(figure, answers, head);
    guessBox.replaceChildren(...(guesses?.drawing ?? []));
    head.element.hidden = !links.table;
    linkBox.replaceChildren(...links.drawing);
    // Not taken out and put back: a list in it may have the focus.
    if (!box.isConnected) figure.drawing.replaceChildren(box);
    figure.say(guesses?.line ?? t(bare === 0 ? "nothingCoveredA" : "nothingCoveredB"));
    figure.tableBox.replaceChildren(...[guesses?.table, links.table].filter(Boolean));
  }

  return {
    draw,
    show(shown) {
      first.element.querySelector("label").textContent = t(shown ? "sentenceA" : "sentence");
      second.element.hidden = !shown;
    },
  };
}

function compareGuesses(figure, answers) {
  const { t, options } = figure;
  const both = answers.map((answer) => distribution(answer.fills[0]));
  const tokens = leaders(both, options.k ?? 5, options.asked);
  const rows = tokens.map((token) => ({ token, shares: both.map((one) => one.get(token)) }));
  const several = answers.some((answer) => answer.fills.length > 1);
  const drawing = [versus([t("sentenceA"), t("sentenceB")], rows)];
  if (several) drawing.push(el("p", { class: "live-hint", text: t("firstPlaceOnly") }));
  const [a, b] = both.map((one) => [...one.keys()][0]);
  const line = t(a === b ? "bothFirst" : "eachFirst", {
    a,
    b,
    aInA: percent(both[0].get(a)),
    aInB: percent(both[1].get(a)),
    bInA: percent(both[0].get(b)),
    bInB: percent(both[1].get(b)),
  });
  const cells = rows.map(({ token, shares }) => [
    token,
    ...shares.map((p) => `${(p * 100).toFixed(2)} %`),
  ]);
  const columns = [t("candidate"), t("probabilityInA"), t("probabilityInB")];
  return { drawing, line, table: table(t("compareTable"), columns, cells) };
}

function compareLinks(figure, answers, { layer, head }) {
  const { t } = figure;
  const [a, b] = answers.map((answer) => answer.tokens);
  if (a.length !== b.length) {
    const text = t("otherLengths", { a: a.length, b: b.length });
    return { drawing: [el("p", { class: "live-hint", text })], table: null };
  }
  const weights = answers.map((answer) => answer.attentions.head(layer, head));
  const names = { layer: layer + 1, head: head + 1 };
  const size = a.length;
  const places = numberedBoth(a, b);
  const rows = [];
  for (let i = 0; i < size * size; i += 1) {
    const pair = weights.map((one) => one[i]);
    if (Math.max(...pair) < LINKED) continue;
    const [from, to] = [Math.floor(i / size), i % size];
    rows.push([places[from], places[to], ...pair.map(percent)]);
  }
  const caption = t("compareLinks", { ...names, least: percent(LINKED) });
  const columns = [t("from"), t("to"), t("weightInA"), t("weightInB")];
  const drawing = [
    el("p", { class: "live-title", text: t("linksOfHead", names) }),
    el("p", { class: "live-hint", text: t("linksHint") }),
    el(
      "div",
      { class: "live-beside" },
      ...["sentenceA", "sentenceB"].map((key, i) => {
        const title = t(key);
        const label = t("matrixLabel", { ...names, sentence: title });
        return smallMatrix(title, label, answers[i].tokens, weights[i]);
      }),
    ),
  ];
  return { drawing, table: table(caption, columns, rows) };
}
