// One sentence at a moment of the training, beside the finished model's answer.

import { distribution, leaders, whole } from "./distribution.js";
import { el, percent } from "./dom.js";
import { newest } from "./newest.js";
import { shades } from "./shades.js";
import { stageSlider, told } from "./stage_slider.js";
import { table } from "./tables.js";
import { versus } from "./versus.js";

/** Return the part of the view that takes a sentence of the figure through the training. */
export function compareMoments(figure, first) {
  const { t, source } = figure;
  const stages = source.stages ?? [];
  const loading = el("p", { class: "live-hint", role: "status" });
  const slider = stages.length
    ? stageSlider(
        figure,
        stages,
        newest(() => figure.redraw()),
      )
    : { stage: null, element: el("p", { class: "live-hint", text: t("noStages") }), pause() {} };
  figure.controls.append(slider.element, loading);
  const loaded = new Set(); // steps whose weights are here
  let kept = null; // what is known of the sentence: the finished answer, and those of stages

  async function draw(current) {
    const { text, masked } = first;
    const key = JSON.stringify([text, masked]);
    if (kept?.key !== key) {
      slider.pause();
      const answer = await figure.ask(whole(figure, { text, masked }));
      if (!current()) return;
      kept = { key, answer, seen: new Map() };
    }
    first.show(kept.answer);
    if (kept.answer.fills.length === 0) {
      show(null, t("nothingCovered"));
      return;
    }
    const { stage } = slider;
    if (stage && !(await reach(stage, { text, masked }, current))) return;
    if (slider.stage === stage)
      show(drawing(figure, stages, stage, kept), line(figure, stage, kept));
  }

  /** Bring a stage's answer into what is kept; return whether it came and is still wanted. */
  async function reach(stage, question, current) {
    const { seen } = kept;
    if (seen.has(stage.step)) return true;
    if (!loaded.has(stage.step)) loading.textContent = t("stageLoading", told(figure, stage));
    try {
      const answer = await figure.ask(whole(figure, { ...question, stage: String(stage.step) }));
      loaded.add(stage.step);
      seen.set(stage.step, distribution(answer.fills[0]));
    } catch (error) {
      if (!current()) return false;
      slider.pause();
      show(null, t("stageFailed", { ...told(figure, stage), why: error.message }));
      return false;
    } finally {
      loading.textContent = "";
    }
    return current();
  }

  function show(parts, said) {
    figure.drawing.replaceChildren(...(parts?.drawing ?? []));
    figure.tableBox.replaceChildren(...(parts?.table ?? []));
    figure.say(said);
  }

  return {
    draw,
    show(shown) {
      slider.element.hidden = !shown;
      loading.hidden = !shown;
      if (!shown) slider.pause();
    },
  };
}

function drawing(figure, stages, stage, { answer, seen }) {
  const { t, options } = figure;
  const k = options.k ?? 5;
  const end = distribution(answer.fills[0]);
  const here = stage ? seen.get(stage.step) : end;
  const tokens = leaders([here, end], k, options.asked);
  const shown = stage ? [here, end] : [end];
  const rows = tokens.map((token) => ({ token, shares: shown.map((one) => one.get(token)) }));
  const names = stage ? [t("atStep", told(figure, stage)), t("finished")] : [t("finished")];
  const parts = [versus(names, rows)];
  if (answer.fills.length > 1)
    parts.push(el("p", { class: "live-hint", text: t("firstPlaceOnly") }));
  const share = (p) => `${(p * 100).toFixed(2)} %`;
  const cells = rows.map(({ token, shares }) => [token, ...shares.map(share)]);
  const tables = [table(t("momentsTable"), [t("candidate"), ...names], cells)];
  if (stages.length) {
    parts.push(growth(figure, stages, stage, end, seen));
    parts.push(el("p", { class: "live-hint", text: t("growthHint") }));
  }
  return { drawing: parts, table: tables };
}

/** Return how probable the finished model's first guesses were at each moment seen so far. */
function growth(figure, stages, now, end, seen) {
  const { t, options } = figure;
  const tokens = leaders([end], options.k ?? 5, options.asked);
  const moments = [
    ...stages.map((stage) => [told(figure, stage).step, seen.get(stage.step), stage === now]),
    [t("end"), end, now === null],
  ];
  const known = moments.flatMap(([, one]) => (one ? tokens.map((token) => one.get(token)) : []));
  const top = Math.max(...known);
  const rows = tokens.map((token) => ({
    name: token,
    cells: moments.map(([, one, strong]) => {
      if (!one) return { text: t("unseen") };
      return { text: percent(one.get(token)), column: one.get(token) / top, strong };
    }),
  }));
  return shades(t("growth"), [t("stepColumn"), ...moments.map(([name]) => name)], rows);
}

function line(figure, stage, { answer, seen }) {
  const { t } = figure;
  const end = distribution(answer.fills[0]);
  const [[token, share]] = end;
  if (!stage) return t("atEnd", { token, share: percent(share) });
  const here = seen.get(stage.step);
  const [[first, firstShare]] = here;
  return t(first === token ? "atStepSame" : "atStepOther", {
    ...told(figure, stage),
    first,
    firstShare: percent(firstShare),
    token,
    share: percent(share),
    then: percent(here.get(token)),
  });
}
