// Each head switched off alone, one after the other: which one matters for this guess?

import { el, percent } from "./dom.js";
import { leader, moved, names, shareAmong } from "./effect.js";

/**
 * Return a button that tries all heads, and what came of it.
 *
 * @param {object} figure
 * @param {() => void} onDone there are results, or none any more
 */
export function sweep(figure, onDone) {
  const { t } = figure;
  const { layers, heads } = figure.source.about;
  // For each head how much it moves, and which word takes the lead (or nothing).
  const state = { moved: null, turned: null, rows: [], element: null };
  const button = el("button", {
    type: "button",
    class: "live-button",
    text: t("attTry", { all: layers * heads }),
  });
  const found = el("p", { class: "live-found", role: "status" });
  let round = 0;
  let question = null;
  button.addEventListener("click", () => run());

  /** Take over the question that is shown; results of another one are thrown away. */
  state.about = (text, masked, watched, fills) => {
    const key = JSON.stringify([text, masked, watched]);
    state.element.hidden = fills.length === 0;
    if (question?.key === key) return;
    question = { key, text, masked, watched, fills };
    round += 1;
    clear();
  };

  function clear() {
    button.textContent = t("attTry", { all: layers * heads });
    found.textContent = "";
    state.moved = null;
    state.turned = null;
    state.rows = [];
  }

  async function run() {
    round += 1;
    const mine = round;
    const { text, masked, watched, fills } = question;
    const asked = names(fills, watched);
    const tried = [];
    for (let number = 0; number < layers * heads; number += 1) {
      button.textContent = t("attTrying", { n: number + 1, all: layers * heads });
      const off = [[Math.floor(number / heads), number % heads]];
      const answer = await figure.ask({ text, masked, k: 1, asked, off });
      if (mine !== round) return;
      tried.push({ layer: off[0][0] + 1, head: off[0][1] + 1, fills: answer.fills });
    }
    clear();
    state.moved = tried.map((one) => mean(one.fills.map((fill, i) => moved(fills[i], fill))));
    state.turned = tried.map((one) => {
      const i = fills.findIndex(
        (fill, n) => leader(fill, watched)?.token !== leader(one.fills[n], watched)?.token,
      );
      return i < 0 ? null : leader(one.fills[i], watched).token;
    });
    state.rows = rows(tried, watched);
    found.textContent = told(tried, fills, watched);
    onDone();
  }

  function told(tried, fills, watched) {
    const order = [...tried.keys()].sort((a, b) => state.moved[b] - state.moved[a]);
    const [most, next] = order.map((number) => ({
      ...tried[number],
      share: percent(state.moved[number]),
    }));
    const said = [t("attMost", { layer: most.layer, head: most.head, share: most.share })];
    if (next) said.push(t("attThen", { layer: next.layer, head: next.head, share: next.share }));
    if (!leader(fills[0], watched)) said.push(t("attWatchFirst"));
    fills.forEach((fill, i) => {
      const led = leader(fill, watched);
      if (!led) return;
      const turns = tried.filter((one) => leader(one.fills[i], watched).token !== led.token);
      said.push(t("attLeads", { n: i + 1, token: led.token, share: percent(led.probability) }));
      said.push(odds(tried, fill, i, led.token, watched));
      if (!turns.length) said.push(t("attNoTurn"));
      for (const { layer, head, fills: now } of turns) {
        const leads = leader(now[i], watched);
        said.push(
          t("attTurn", { layer, head, token: leads.token, share: percent(leads.probability) }),
        );
      }
    });
    return said.join(" ");
  }

  /** Say which head matters most to how the leader stands against the other watched words. */
  function odds(tried, fill, i, token, watched) {
    const before = shareAmong(fill, token, watched);
    const after = tried.map((one) => shareAmong(one.fills[i], token, watched));
    const far = after.map((now) => Math.abs(now - before));
    const most = far.indexOf(Math.max(...far));
    const { layer, head } = tried[most];
    return t("attOdds", { before: percent(before), after: percent(after[most]), layer, head });
  }

  function rows(tried, watched) {
    return tried.map(({ layer, head, fills: now }, number) => [
      t("attHead", { layer, head }),
      percent(state.moved[number]),
      now.map((fill) => fill.candidates[0].token).join(", "),
      ...watched.map((token) =>
        now.map((fill) => share(fill.asked.find((c) => c.token === token))).join(", "),
      ),
    ]);
  }

  state.element = el("div", { class: "live-sweep" }, button, found);
  return state;
}

function share(candidate) {
  return candidate.probability === null ? "" : `${(candidate.probability * 100).toFixed(2)} %`;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
