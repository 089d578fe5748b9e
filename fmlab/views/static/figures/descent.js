// Gradient descent on a loss of two scores; the reader sets the learning rate and the steps.

import { el, svg } from "../live/dom.js";
import { descend, floor, growingSteps, softmax } from "./numbers.js";
import { choice, control, number, parts, percent, sayer, set, slider } from "./parts.js";

export function startDescent(root, options, t) {
  const { words, wanted, start, rates, mostSteps, edge, size, curve } = options;
  const state = { rate: options.rate, steps: options.steps };
  const low = floor(wanted);
  const say = sayer(root);
  const [path, dots, line, table] = ["path", "dots", "curve", "steps"].map(
    (name) => parts(root, name)[0],
  );

  /** Return a place of the map in the drawing's units. */
  const at = ([x, y]) => [(size * (x + edge)) / (2 * edge), (size * (edge - y)) / (2 * edge)];

  /** Return the points of the loss curve. */
  function along(losses) {
    const [width, height] = curve;
    const top = Math.max(...losses, low + 0.5);
    const across = (width - 10) / Math.max(losses.length - 1, 1);
    return losses.map((loss, i) => [
      5 + i * across,
      height - 6 - ((loss - low) * (height - 12)) / (top - low),
    ]);
  }

  function told({ places, losses }) {
    const [a, b] = places.at(-1);
    const shares = softmax([a, b, 0]).map((share, i) =>
      t("descentShare", { word: words[i], share: percent(share) }),
    );
    const { rate, steps } = state;
    const loss = number(losses.at(-1), 4);
    const said = [
      t("descentSaid", { rate, steps, loss, floor: number(low, 4), shares: shares.join(", ") }),
    ];
    const up = growingSteps(losses);
    if (up) said.push(t("descentSomeUp", { n: up, steps }));
    else if (steps) said.push(t("descentAllDown"));
    const out = places.filter((place) => Math.max(...place.map(Math.abs)) > edge).length;
    if (out) said.push(t("descentOut", { n: out }));
    return said.join(" ");
  }

  function draw() {
    const found = descend(wanted, start, state.rate, state.steps);
    const places = found.places.map(at);
    path.setAttribute("points", joined(places));
    line.setAttribute("points", joined(along(found.losses)));
    dots.replaceChildren(...places.map(dot));
    table.replaceChildren(
      ...found.places.map(([a, b], i) =>
        row([i, number(a), number(b), number(found.losses[i], 4)]),
      ),
    );
    say(told(found));
  }

  const rate = choice(t("descentRate"), rates, state.rate, (value) => {
    state.rate = value;
    draw();
  });
  const range = { min: 0, max: mostSteps, step: 1, value: state.steps };
  const steps = slider(t("descentSteps"), range, String, (value) => {
    state.steps = value;
    draw();
  });
  control(root, rate.element, steps.element);
  draw();
}

function joined(places) {
  return places.map((place) => place.map((n) => n.toFixed(1)).join()).join(" ");
}

function dot([x, y]) {
  const circle = svg("circle");
  set(circle, { cx: x.toFixed(1), cy: y.toFixed(1), r: 2.6 });
  return circle;
}

function row([step, ...cells]) {
  const name = el("th", { scope: "row", text: step });
  return el("tr", {}, name, ...cells.map((text) => el("td", { text })));
}
