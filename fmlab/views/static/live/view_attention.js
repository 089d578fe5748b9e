// Attention: all heads small, one of them large, and what the guess is worth without it.

import { matrices, memory } from "./attention_memory.js";
import { tablesOf } from "./attention_tables.js";
import { choice } from "./choice.js";
import { el } from "./dom.js";
import { guesses } from "./guesses.js";
import { chief, habits } from "./habits.js";
import { headsGrid, inWords } from "./heads_grid.js";
import { headsOff } from "./heads_off.js";
import { legend } from "./ink.js";
import { lazyTables } from "./lazy_tables.js";
import { LEAST, links } from "./links.js";
import { matrix } from "./matrix.js";
import { numbered } from "./numbered.js";
import { sentence } from "./sentence.js";
import { strongestLinks, strongestOf } from "./strongest.js";
import { sweep } from "./sweep.js";
import { tokenRow } from "./token_row.js";

const WAYS = ["lines", "matrix", "token", "average", "rollout"];

export function attention(figure) {
  const { t, options, source } = figure;
  const { layers, heads } = source.about;
  const redraw = () => figure.redraw();
  const state = {
    layer: Math.min(options.layer ?? 0, layers - 1),
    head: Math.min(options.head ?? 0, heads - 1),
    token: null, // {side: "from" or "to", place}: the token whose links are shown alone
  };
  const chooseToken = (token) => {
    state.token = token;
    redraw();
  };
  const parts = build(figure, state, chooseToken, redraw);
  const ask = memory(figure);
  const weightsOf = matrices();
  const tables = lazyTables(figure);
  figure.limits.textContent = t("attLimits");

  return async (current) => {
    const { text, masked } = parts.asked;
    const { watched } = parts.guessed;
    const off = parts.switched.pairs();
    const { before, after } = await ask(text, masked, watched, off);
    if (!current()) return;
    const shown = after ?? before;
    if (state.text !== text) state.token = null;
    state.text = text;

    const scene = sceneOf(shown, state, parts);
    scene.weights = weightsOf(shown.attentions, parts.way.value, state);
    parts.asked.cover = parts.press.value === "cover";
    parts.asked.picked = state.token ? shown.wordOf[state.token.place] : null;
    parts.asked.show(shown);
    parts.switched.show(state.layer, state.head);
    parts.tried.about(text, masked, watched, before.fills);
    showHeads(parts, state, shown.attentions, scene.keep);
    showLarge(figure, parts, state, scene);
    parts.guessed.show(before.fills, after?.fills ?? null);
    const said = [told(figure, state, parts.way.value, scene)];
    if (after && before.fills.length) said.push(...parts.guessed.told(before.fills, after.fills));
    figure.say(said.join(" "));
    const made = () => tablesOf(figure, state, parts, scene, before.fills, after?.fills ?? null);
    tables.show(made, scene.keep.length ** 2);
  };
}

// -- what stands where ---------------------------------------------------------------------------

function build(figure, state, chooseToken, redraw) {
  const { t, options } = figure;
  const parts = {};
  parts.asked = sentence(figure, {
    label: t("sentence"),
    text: options.text,
    masked: options.masked,
    cover: false,
    onChange: redraw,
    onPick: (word) => chooseToken(parts.next(word)),
  });
  parts.press = choice(figure, {
    label: t("attPress"),
    choices: ["ask", "cover"].map((one) => [one, t(`attPress_${one}`)]),
    value: "ask",
    onChange: redraw,
  });
  parts.way = choice(figure, {
    label: t("attWay"),
    choices: WAYS.map((one) => [one, t(`attWay_${one}`)]),
    value: "lines",
    onChange: redraw,
  });
  parts.grid = headsGrid(figure, (layer, head) => {
    Object.assign(state, { layer, head });
    redraw();
  });
  parts.switched = headsOff(figure, redraw);
  parts.bare = el("input", { type: "checkbox", onchange: redraw });
  parts.bareHint = el("p", { class: "live-hint", text: t("attBareHint"), hidden: true });
  parts.title = el("p", { class: "live-title" });
  parts.habit = el("p", { class: "live-hint" });
  parts.pieces = el("p", { class: "live-hint", text: t("attPieces"), hidden: true });
  parts.large = el("div", { class: "live-large" });
  parts.scrolls = el("p", { class: "live-hint", text: t("attScrolls"), hidden: true });
  parts.legend = legend(t);
  parts.least = el("p", { class: "live-hint", text: t("attLeast", { share: LEAST * 100 }) });
  parts.drawings = {
    links: links(figure, chooseToken),
    matrix: matrix(figure, chooseToken),
    token: tokenRow(figure, chooseToken),
  };
  parts.guessed = guesses(figure, redraw);
  parts.tried = sweep(figure, redraw);
  parts.guessed.element.append(parts.tried.element);
  figure.drawing.append(
    el(
      "div",
      { class: "live-attention" },
      el(
        "div",
        { class: "live-heads-side" },
        parts.grid.element,
        el("p", { class: "live-hint", text: parts.grid.hint }),
      ),
      el(
        "div",
        { class: "live-large-side" },
        parts.way.element,
        el("label", { class: "live-check" }, parts.bare, el("span", { text: t("attBare") })),
        parts.bareHint,
        parts.title,
        parts.habit,
        parts.switched.element,
        parts.large,
        parts.scrolls,
        parts.pieces,
        parts.legend,
        parts.least,
      ),
    ),
    parts.guessed.element,
  );
  return parts;
}

/** Return what is to be drawn, all but its weights. */
function sceneOf({ tokens, wordOf }, state, parts) {
  const all = tokens.map((_, place) => place);
  const words = all.filter((place) => wordOf[place] >= 0);
  const keep = parts.bare.checked && words.length ? words : all;
  // A press on a word goes through its pieces, then lets go.
  parts.next = (word) => {
    const places = all.filter((place) => wordOf[place] === word);
    const at = places.indexOf(state.token?.side === "from" ? state.token.place : -1);
    return at + 1 < places.length ? { side: "from", place: places[at + 1] } : null;
  };
  if (state.token && !keep.includes(state.token.place)) state.token = null;
  let { token } = state;
  if (parts.way.value === "token" && token === null) {
    const covered = tokens.indexOf("[MASK]");
    token = { side: "from", place: covered >= 0 ? covered : (words[0] ?? 0) };
  }
  const stem = parts.way.value === "rollout" ? "attRollout" : "att"; // of the words for its links
  return { size: tokens.length, tokens, labels: numbered(tokens), keep, token, stem };
}

// -- showing -------------------------------------------------------------------------------------

function showHeads(parts, state, attentions, keep) {
  const way = parts.way.value;
  parts.grid.show({
    attentions,
    keep,
    layer: state.layer,
    head: state.head,
    off: parts.switched.off,
    moved: parts.tried.moved,
    turned: parts.tried.turned,
    among: (layer) =>
      (way === "average" && layer === state.layer) || (way === "rollout" && layer <= state.layer),
  });
}

function showLarge(figure, parts, state, scene) {
  const { t } = figure;
  const way = parts.way.value;
  const drawing =
    { lines: parts.drawings.links, token: parts.drawings.token }[way] ?? parts.drawings.matrix;
  if (parts.large.firstChild !== drawing.element) parts.large.replaceChildren(drawing.element);
  drawing.show(scene);
  parts.scrolls.hidden = !largerThanItsWindow(drawing.element);
  const one = !["average", "rollout"].includes(way);
  const key = one ? "attHead" : { average: "attAverage", rollout: "attRollout" }[way];
  parts.title.textContent = t(key, { layer: state.layer + 1, head: state.head + 1 });
  parts.habit.textContent = one
    ? inWords(figure, chief(habits(scene.weights, scene.size)))
    : t({ average: "attAverageHint", rollout: "attRolloutHint" }[way]);
  parts.legend.hidden = way === "token" || way === "lines";
  parts.least.hidden = way !== "lines";
  parts.bareHint.hidden = !parts.bare.checked;
  parts.pieces.hidden = !scene.tokens.some((token) => token.startsWith("##"));
}

function largerThanItsWindow(element) {
  const boxes = element.matches("[tabindex]")
    ? [element]
    : [...element.querySelectorAll('[tabindex="0"]')];
  return boxes.some(
    (box) => box.scrollWidth > box.clientWidth + 2 || box.scrollHeight > box.clientHeight + 2,
  );
}

function told(figure, state, way, scene) {
  const { t } = figure;
  const place = { layer: state.layer + 1, head: state.head + 1 };
  const name = t({ average: "attAverageIs", rollout: "attRolloutIs" }[way] ?? "attHeadIs", place);
  const said = [name];
  if (way === "token") {
    for (const side of ["from", "to"])
      said.push(strongestOf(figure, scene, { side, place: scene.token.place }));
  } else if (scene.token) said.push(strongestOf(figure, scene, scene.token));
  else said.push(strongestLinks(figure, scene));
  return said.join(" ");
}
