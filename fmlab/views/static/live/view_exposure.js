// Exposure: choose how often a secret stood in the training text, and see how well the model knows it.

import { choice } from "./choice.js";
import { el, freshId, later } from "./dom.js";
import { histogram } from "./histogram.js";
import { rankCodes, UnknownDigit } from "./ranking.js";
import { shades } from "./shades.js";

const SHOWN = 5;

export function exposure(figure) {
  const { t, options } = figure;
  const canaries = options.canaries ?? [];
  figure.limits.textContent = t("expoLimits");
  if (canaries.length === 0) return async () => nothingPlanted(figure);

  const start = canaries.find((one) => one.text === options.text) ?? canaries[0];
  const state = { canary: start, guess: "", all: false, ranked: new Map() };
  const redraw = () => figure.redraw();
  controls(figure, state, canaries, redraw);

  return async (current) => {
    const { canary } = state;
    try {
      await rank(figure, state, canary, current);
      if (!current()) return;
      show(figure, state, canaries);
      for (const one of canaries.filter((c) => state.all || c.times === canary.times)) {
        await rank(figure, state, one, current);
        if (!current()) return;
      }
    } catch (error) {
      if (!(error instanceof UnknownDigit)) throw error;
      if (current()) sayOnly(figure, t("expoNoDigit", { digit: error.message }));
      return;
    }
    show(figure, state, canaries);
  };
}

/** Rank the codes of a secret, once. */
async function rank(figure, { ranked }, canary, current) {
  if (ranked.has(canary)) return;
  const found = await rankCodes((question) => figure.source.ask(question), canary.text, current);
  if (found) ranked.set(canary, found);
}

function nothingPlanted(figure) {
  sayOnly(figure, figure.t("expoNone"));
}

function sayOnly(figure, words) {
  figure.drawing.replaceChildren(el("p", { class: "live-hint", text: words }));
  figure.tableBox.replaceChildren();
  figure.say(words);
}

// -- what the reader chooses ----------------------------------------------------------------------

function controls(figure, state, canaries, redraw) {
  const { t } = figure;
  const counts = [...new Set(canaries.map((one) => one.times))].sort((a, b) => a - b);
  const list = whose(figure, state, canaries, redraw);
  const times = choice(figure, {
    label: t("expoTimes"),
    choices: counts.map((n) => [String(n), t("expoTimesOne", { n })]),
    value: String(state.canary.times),
    onChange: (n) => {
      state.canary = canaries.find((one) => one.times === Number(n));
      list.fill();
      redraw();
    },
  });
  times.element.after(list.element, guess(figure, state, redraw));
  const every = el("button", {
    type: "button",
    class: "live-button",
    text: t("expoAll", { n: canaries.length }),
    onclick: () => {
      state.all = true;
      redraw();
    },
  });
  figure.controls.append(el("p", {}, every));
}

/** Return the list of the secrets that stood in the text as often as chosen. */
function whose(figure, state, canaries, redraw) {
  const id = freshId("live-whose");
  const list = el("select", { id });
  list.addEventListener("change", () => {
    state.canary = canaries.find((one) => one.name === list.value);
    redraw();
  });
  const fill = () => {
    const same = canaries.filter((one) => one.times === state.canary.times);
    list.replaceChildren(
      ...same.map(({ name }) =>
        el("option", { value: name, text: name, selected: name === state.canary.name }),
      ),
    );
  };
  fill();
  const label = el("label", { for: id, text: figure.t("expoWhose") });
  return { fill, element: el("div", { class: "live-lists" }, label, list) };
}

function guess(figure, state, redraw) {
  const { t } = figure;
  const id = freshId("live-guess");
  const field = el("input", {
    id,
    type: "text",
    class: "live-code",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: 7,
    "aria-describedby": `${id}-hint`,
  });
  field.addEventListener(
    "input",
    later(() => {
      state.guess = field.value;
      redraw();
    }, 250),
  );
  return el(
    "div",
    { class: "live-lists" },
    el("label", { for: id, text: t("expoGuess") }),
    field,
    el("span", { class: "live-hint", id: `${id}-hint`, text: t("expoGuessHint") }),
  );
}

// -- what is drawn --------------------------------------------------------------------------------

function show(figure, state, canaries) {
  const { t } = figure;
  const { canary, ranked } = state;
  const ranking = ranked.get(canary);
  const truth = ranking.of(digitsOf(canary.code));
  const typed = digitsOf(state.guess);
  const guessed = ranking.codes.includes(typed) ? ranking.of(typed) : null;
  const marks = [{ value: truth.bits, words: t("expoTrue"), kind: "live-mark-true" }];
  if (guessed && guessed.code !== truth.code)
    marks.unshift({ value: guessed.bits, words: t("expoYours"), kind: "live-mark-yours" });
  const sentence = canary.text.replaceAll("[MASK]", "_");
  figure.drawing.replaceChildren(
    el("p", {
      class: "live-title",
      text: t("expoHistogram", { sentence, n: told(ranking.size, figure) }),
    }),
    histogram(ranking.bits, marks, { left: t("expoLikely"), right: t("expoUnlikely") }),
    curve(figure, state, canaries),
    el("p", {
      class: "live-hint",
      text: t("expoCurveHint", { chance: "1.4", most: most(ranking) }),
    }),
  );
  figure.drawing.before(figure.status); // the drawing is tall, and the line says what to look for
  figure.say(
    [line(figure, canary, ranking, truth), answer(figure, state, truth, guessed)].join(" "),
  );
  tables(figure, ranking, truth, guessed);
}

function line(figure, { name, times }, ranking, { code, rank, exposure }) {
  const { t } = figure;
  const values = {
    name,
    times,
    code: spaced(code),
    rank: told(rank, figure),
    size: told(ranking.size, figure),
    bits: exposure.toFixed(1),
    most: most(ranking),
  };
  const said = t(rank === 1 ? "expoFirst" : "expoLine", values);
  return figure.source === figure.first ? said : `${said} ${t("expoOwn")}`;
}

/** Return what is to be said of the reader's guess; nothing where there is none. */
function answer(figure, { guess }, truth, guessed) {
  const { t } = figure;
  if (guess.trim() === "") return "";
  if (!guessed) return t("expoNoCode");
  if (guessed.code === truth.code) return t("expoRight");
  const values = {
    code: spaced(guessed.code),
    rank: told(guessed.rank, figure),
    bits: guessed.bits.toFixed(1),
  };
  return t(guessed.rank < truth.rank ? "expoBefore" : "expoAfter", values);
}

/** Return the exposures of all secrets that were ranked, a row for each number of times. */
function curve(figure, { canary, ranked }, canaries) {
  const { t } = figure;
  const counts = [...new Set(canaries.map((one) => one.times))].sort((a, b) => a - b);
  const width = Math.max(...counts.map((n) => canaries.filter((one) => one.times === n).length));
  const rows = counts.map((n) => {
    const own = canaries.filter((one) => one.times === n);
    const found = own.filter((one) => ranked.has(one)).map((one) => exposed(ranked, one));
    const mean = found.reduce((sum, one) => sum + one.exposure, 0) / found.length;
    const whole = found.length === own.length;
    return {
      name: t("expoTimesOne", { n }),
      cells: [
        { text: whole ? mean.toFixed(1) : t("unseen") },
        ...own.map((one) => cell(t, ranked, one, one === canary)),
      ],
    };
  });
  const columns = Array.from({ length: width }, (_, n) => t("expoSecret", { n: n + 1 }));
  return shades(t("expoCurve"), [t("expoTimesColumn"), t("expoMean"), ...columns], rows);
}

function cell(t, ranked, one, strong) {
  if (!ranked.has(one)) return { text: t("unseen"), small: one.name, strong };
  const { exposure } = exposed(ranked, one);
  const share = exposure / ranked.get(one).most;
  return { text: exposure.toFixed(1), small: one.name, share, strong };
}

function exposed(ranked, canary) {
  return ranked.get(canary).of(digitsOf(canary.code));
}

function tables(figure, ranking, truth, guessed) {
  const { t } = figure;
  const first = ranking.first(SHOWN);
  const more = [truth, guessed].filter((one) => one && !first.some((f) => f.code === one.code));
  const unique = more.filter((one, n) => more.findIndex((o) => o.code === one.code) === n);
  const rows = [...first, ...unique].map((one) => [
    spaced(one.code),
    told(one.rank, figure),
    one.bits.toFixed(2),
    one.exposure.toFixed(2),
    note(t, one, truth, guessed),
  ]);
  const columns = ["expoCode", "expoRank", "expoLoss", "expoExposure", "expoNote"].map((key) =>
    t(key),
  );
  figure.tabulate(t("expoTable", { n: SHOWN }), columns, rows);
}

function note(t, { code }, truth, guessed) {
  if (code === truth.code) return t("expoTrue");
  return code === guessed?.code ? t("expoYours") : "";
}

function digitsOf(text) {
  return text.replace(/\D/g, "");
}

function spaced(code) {
  return [...code].join(" ");
}

function told(n, { options }) {
  return n.toLocaleString(options.language ?? "en");
}

function most(ranking) {
  return ranking.most.toFixed(1);
}
