// A slider over the moments of a training, with a button that plays them.

import { el, freshId } from "./dom.js";

const PACE = 1200; // milliseconds that a moment stays when it is played

/**
 * Add the slider to a figure.
 *
 * @param {object} figure where to
 * @param {object[]} stages earliest first; the finished model stands behind the last
 * @param {() => Promise<void>} onChange is told of a new position; resolves when it is drawn
 * @returns an object with `stage` (null for the finished model), `element` and `pause()`
 */
export function stageSlider(figure, stages, onChange) {
  const { t } = figure;
  const id = freshId("live-stage");
  const last = stages.length;
  const range = el("input", { id, type: "range", min: 0, max: last, step: 1, value: last });
  const where = el("output", { for: id, class: "live-where" });
  const button = el("button", { type: "button", class: "live-button" });
  const mega = Math.max(0, ...stages.map((stage) => stage.bytes)) / 1e6;
  const state = { stage: null, element: null, pause };
  let playing = 0; // which press of the button is being played; 0 for none
  let presses = 0;

  function name() {
    state.stage = stages[Number(range.value)] ?? null;
    where.textContent = state.stage ? t("stage", told(figure, state.stage)) : t("finished");
    range.setAttribute("aria-valuetext", where.textContent);
    button.textContent = t(playing ? "pause" : calm() ? "nextMoment" : "play");
  }

  function pause() {
    playing = 0;
    name();
  }

  function show(position) {
    range.value = position;
    name();
    return onChange();
  }

  async function play(from) {
    presses += 1;
    const mine = presses;
    playing = mine;
    for (let at = from; playing === mine && range.isConnected; at += 1) {
      await show(at);
      if (at === last) break;
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
    if (playing === mine) pause();
  }

  function press() {
    const next = (Number(range.value) + 1) % (last + 1);
    if (calm()) show(next);
    else if (playing) pause();
    else play(next);
  }

  range.addEventListener("input", () => {
    pause();
    onChange();
  });
  button.addEventListener("click", press);
  state.element = el(
    "div",
    { class: "live-slider" },
    el("label", { for: id, text: t("moment") }),
    el("div", { class: "live-slider-row" }, button, range),
    where,
    el("p", { class: "live-hint", text: t("stageCosts", { size: Math.round(mega) }) }),
  );
  name();
  figure.controls.append(state.element);
  return state;
}

/** Return a moment's numbers as words. */
export function told({ options }, { step, tokens, loss }) {
  const long = { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 2 };
  const language = options.language ?? "en";
  return {
    step: step.toLocaleString(language),
    tokens: tokens.toLocaleString(language, long),
    loss: loss.toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  };
}

/** Return whether the reader wants no movement; then each press shows one moment. */
function calm() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
