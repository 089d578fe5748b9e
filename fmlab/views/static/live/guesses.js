// The model's guesses for the covered words, and beside them the guesses without some heads.

import { el, freshId, later, percent } from "./dom.js";
import { leader, moved, probability } from "./effect.js";

/**
 * Return the part of the figure that shows guesses, and how to fill it.
 *
 * @param {object} figure
 * @param {() => void} onWatch the words to watch are others now
 */
export function guesses(figure, onWatch) {
  const { t, options } = figure;
  const id = freshId("live-watch");
  const split = (text) => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  const state = { watched: split((options.asked ?? []).join(" ")), element: null, show };
  const field = el("input", {
    id,
    type: "text",
    value: state.watched.join(" "),
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": `${id}-hint`,
  });
  const typed = later(() => {
    state.watched = split(field.value);
    onWatch();
  }, 250);
  field.addEventListener("input", typed);
  const unknown = el("p", { class: "live-hint" });
  const nothing = el("p", { class: "live-hint", text: t("attNothingCovered") });
  const bars = el("div");
  const watch = el(
    "div",
    {},
    el("label", { for: id, text: t("attWatch") }),
    field,
    el("p", { class: "live-hint", id: `${id}-hint`, text: t("attWatchHint") }),
    unknown,
  );
  state.element = el(
    "section",
    { class: "live-guesses", "aria-label": t("attGuesses") },
    el("p", { class: "live-title", text: t("attGuesses") }),
    nothing,
    bars,
    watch,
  );

  /** Fill in: `before` and `after` are fills of the same places; `after` is null with all heads on. */
  function show(before, after) {
    nothing.hidden = before.length > 0;
    watch.hidden = before.length === 0;
    const missing = before.length
      ? state.watched.filter((token) => probability(before[0], token) === null)
      : [];
    unknown.textContent = missing.map((token) => t("attUnknown", { token })).join(" ");
    const all = before.map((fill, i) => lines(fill, after?.[i]));
    const longest = Math.max(0, ...all.flat().flatMap((line) => [line.before, line.after ?? 0]));
    bars.replaceChildren(
      ...all.map((some, i) =>
        el(
          "div",
          { class: "live-blank" },
          before.length > 1
            ? el("p", { class: "live-title", text: t("blank", { n: i + 1 }) })
            : null,
          // The status line and the table say the same.
          el("div", { "aria-hidden": "true" }, ...some.map((line) => bar(line, longest))),
        ),
      ),
    );
    if (!before.length) return;
    bars.append(
      el("p", {
        class: "live-hint",
        text: t(after ? "attBarsHint" : "attScale", { share: percent(longest) }),
      }),
    );
  }

  /** Return what is shown of one place: the first guesses of both, then the watched words. */
  function lines(before, after) {
    const k = options.k ?? 5;
    const first = [before, after].flatMap(
      (fill) => fill?.candidates.slice(0, k).map((c) => c.token) ?? [],
    );
    const rest = state.watched.filter((token) => probability(before, token) !== null);
    const tokens = [...new Set([...first, ...rest])];
    return tokens.map((token) => ({
      token,
      watched: rest.includes(token),
      before: probability(before, token),
      after: after ? probability(after, token) : null,
    }));
  }

  function bar({ token, watched, before, after }, longest) {
    const track = (share, name) =>
      el(
        "span",
        { class: "live-track" },
        el("span", { class: name, style: `width:${(share / longest) * 100}%` }),
      );
    const label =
      after === null
        ? percent(before)
        : t("attFromTo", { before: percent(before), after: percent(after) });
    return el(
      "div",
      { class: watched ? "live-bar-row live-change live-watched" : "live-bar-row live-change" },
      el("span", { class: "live-token", text: token }),
      after === null
        ? track(before, "live-bar")
        : el(
            "span",
            { class: "live-two" },
            track(before, "live-bar live-before"),
            track(after, "live-bar"),
          ),
      el("span", { class: "live-number", text: label }),
    );
  }

  /** Return the same as rows of a table. */
  state.rows = (before, after) =>
    before.flatMap((fill, i) =>
      lines(fill, after?.[i]).map((line) => [
        line.token,
        String(i + 1),
        exact(line.before),
        ...(after ? [exact(line.after)] : []),
      ]),
    );

  /** Say what the heads that are off change. */
  state.told = (before, after) =>
    before.flatMap((fill, i) => {
      const now = after[i];
      const [was, is] = [fill.candidates[0], now.candidates[0]];
      const said = [
        t(was.token === is.token ? "attStays" : "attChanges", {
          n: i + 1,
          before: was.token,
          beforeShare: percent(was.probability),
          after: is.token,
          afterShare: percent(is.probability),
          moved: percent(moved(fill, now)),
        }),
      ];
      const [led, leads] = [leader(fill, state.watched), leader(now, state.watched)];
      if (led) {
        said.push(
          t(led.token === leads.token ? "attLeadStays" : "attLeadChanges", {
            before: led.token,
            beforeShare: percent(led.probability),
            after: leads.token,
            afterShare: percent(leads.probability),
          }),
        );
      }
      return said;
    });

  return state;
}

function exact(share) {
  return `${(share * 100).toFixed(2)} %`;
}
