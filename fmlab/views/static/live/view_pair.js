// Pair: the same sentence with a few words changed, and what moves at the covered place.

import { distribution, leaders, whole } from "./distribution.js";
import { el, percent } from "./dom.js";
import { movedHeads } from "./moved_heads.js";
import { changedWords, covered, difference } from "./pair_text.js";
import { sentence } from "./sentence.js";
import { table } from "./tables.js";
import { versus } from "./versus.js";
import { wordChanges } from "./word_changes.js";

const EQUAL = 1.1; // up to this many times as likely counts as the same
const MANY = 1000;
const MOVED = 0.001; // what moves by less is left out

export function pair(figure) {
  const { t, options } = figure;
  let text = options.text;
  let second = options.second; // until its words are known
  const asked = sentence(figure, {
    label: t("sentenceA"),
    text,
    masked: options.masked,
    onChange: () => {
      if (asked.text !== text) changes.replace([]);
      text = asked.text;
      figure.redraw();
    },
  });
  const changes = wordChanges(figure, () => figure.redraw());
  figure.limits.textContent = t("pairLimits");
  figure.drawing.before(figure.status); // the drawing is tall, and the line says what to look for

  return async (current) => {
    const a = await figure.ask(whole(figure, { text: asked.text, masked: asked.masked }));
    if (!current()) return;
    asked.show(a);
    let missing = "nothingChanged";
    if (second) {
      const other = await figure.ask({ text: second, k: 1 });
      if (!current()) return;
      const found = difference(a.words, other.words);
      if (!found) missing = "tooDifferent";
      changes.replace(found ?? []);
      second = "";
    }
    changes.show(a);
    const places = [...changes.changes.keys()]
      .filter((place) => !covered(a, place))
      .sort((x, y) => x - y);
    if (a.fills.length === 0 || places.length === 0) {
      empty(figure, t(a.fills.length === 0 ? "nothingCovered" : missing));
      return;
    }
    const words = changedWords(a, changes.changes);
    const b = await figure.ask(whole(figure, { text: words.join(" ") }));
    if (!current()) return;
    figure.warnOfCut([a, b]);
    if (String(b.ids) === String(a.ids)) empty(figure, t("sameTokens"));
    else if (b.fills.length !== a.fills.length) empty(figure, t("cutAway"));
    else show(figure, [a, b], words, places);
  };
}

function empty(figure, line) {
  figure.drawing.replaceChildren();
  figure.tableBox.replaceChildren();
  figure.say(line);
}

function show(figure, [a, b], words, places) {
  const { t } = figure;
  const names = [a.words, words].map((all) => places.map((place) => all[place]).join(" … "));
  const guesses = movedGuesses(figure, a.fills[0], b.fills[0], names);
  const heads = movedHeads(figure, [a, b], names);
  const line = el(
    "p",
    { class: "live-second" },
    el("b", { text: t("sentenceB") }),
    ...words.flatMap((word, place) => [
      " ",
      places.includes(place) ? el("mark", { text: word }) : word,
    ]),
  );
  const several =
    a.fills.length > 1 ? el("p", { class: "live-hint", text: t("firstPlaceOnly") }) : null;
  figure.drawing.replaceChildren(
    line,
    ...guesses.drawing,
    ...[several].filter(Boolean),
    ...heads.drawing,
  );
  figure.tableBox.replaceChildren(guesses.table, ...heads.tables);
  figure.say([guesses.line, heads.line].join(" "));
}

// -- guesses -------------------------------------------------------------------------------------

function movedGuesses(figure, before, after, names) {
  const { t, options } = figure;
  const [a, b] = [distribution(before), distribution(after)];
  const moves = [...a].map(([token, share]) => ({ token, move: b.get(token) - share }));
  moves.sort((one, other) => Math.abs(other.move) - Math.abs(one.move));
  const most = moves.slice(0, 2 * (options.k ?? 5));
  const moving = most.filter(({ move }) => Math.abs(move) >= MOVED);
  const first = (moving.length ? moving : most.slice(0, 1)).map(({ token }) => token);
  const further = leaders([a, b], 0, options.asked).filter((token) => !first.includes(token));
  const rows = [...first, ...further].map((token) => {
    const shares = [a.get(token), b.get(token)];
    return { token, shares, note: ratio(t, shares, names, options.language) };
  });
  const rises = moves.find(({ move }) => move > 0).token;
  const falls = moves.find(({ move }) => move < 0).token;
  const moved = moves.reduce((sum, { move }) => sum + Math.abs(move), 0) / 2;
  const columns = [
    t("candidate"),
    ...names.map((name) => t("probabilityWith", { name })),
    t("log2Ratio"),
    t("ratio"),
  ];
  const cells = rows.map(({ token, shares, note }) => [
    token,
    ...shares.map((p) => `${(p * 100).toFixed(2)} %`),
    Math.log2(shares[1] / shares[0]).toFixed(2),
    note,
  ]);
  return {
    drawing: [
      versus(
        names.map((name) => t("with", { name })),
        rows,
      ),
      el("p", { class: "live-hint", text: t("variation", { distance: moved.toFixed(2) }) }),
    ],
    table: table(t("pairTable"), columns, cells),
    line: t("pairTold", {
      before: names[0],
      after: names[1],
      moved: percent(moved),
      rises,
      riseFrom: percent(a.get(rises)),
      riseTo: percent(b.get(rises)),
      falls,
      fallFrom: percent(a.get(falls)),
      fallTo: percent(b.get(falls)),
    }),
  };
}

/** Return in words how many times as likely a token is with the one than with the other. */
function ratio(t, [before, after], names, language = "en") {
  const up = after >= before;
  const [name, times] = up ? [names[1], after / before] : [names[0], before / after];
  if (!(times >= EQUAL)) return t("aboutEqual");
  if (times > MANY) return t("farMore", { name, many: MANY.toLocaleString(language) });
  const digits = times < 9.95 ? 1 : 0;
  return t("timesMore", {
    name,
    times: times.toLocaleString(language, { maximumFractionDigits: digits }),
  });
}
