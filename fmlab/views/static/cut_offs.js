// Two cut-offs and a base rate that the reader moves; fmlab/views/cut_offs.py drew the table.
// biome-ignore lint/correctness/noUnusedVariables: fmlab/views/cut_offs.py calls it
function startCutOffs(root, data, words) {
  const state = { choice: data.choice, cuts: [...data.cuts] };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const percent = (share) => (share === null ? words.none : `${(100 * share).toFixed(0)} %`);
  const part = (a, b) => (b > 0 ? a / b : null);

  // The four rates of a group at a cut-off; fmlab/audits/group_fairness.py does the same.
  function rates(people, cut) {
    let everybody = 0;
    let positives = 0;
    let inside = 0;
    let found = 0;
    data.scores.forEach((score, i) => {
      everybody += people[i];
      positives += people[i] * score;
      if (score >= cut - 1e-9) {
        inside += people[i];
        found += people[i] * score;
      }
    });
    return [
      part(inside, everybody),
      part(found, positives),
      part(inside - found, everybody - positives),
      part(found, inside),
    ];
  }

  function draw() {
    const groups = [data.fixed, data.choices[state.choice]];
    const [a, b] = groups.map((people, i) => rates(people, state.cuts[i]));
    const cells = root.querySelectorAll("td");
    const equal = [];
    a.forEach((left, i) => {
      const gap = left === null || b[i] === null ? null : Math.abs(left - b[i]);
      cells[3 * i].textContent = percent(left);
      cells[3 * i + 1].textContent = percent(b[i]);
      cells[3 * i + 2].textContent = gap === null ? words.none : (100 * gap).toFixed(0);
      if (gap !== null && gap <= data.near) equal.push(words.short[i]);
    });
    say(fill(equal.length ? words.some : words.nothing, { equal: equal.join(words.and) }));
  }

  let waiting = 0;
  function say(text) {
    clearTimeout(waiting); // a screen reader hears the end of a move, not each step of it
    waiting = setTimeout(() => {
      root.querySelector("[role=status]").textContent = text;
    }, 200);
  }

  function slider(label, range, show, onInput) {
    const line = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "range", ...range });
    const output = document.createElement("output");
    const name = document.createElement("span");
    name.textContent = label;
    const move = () => {
      output.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      move();
      onInput(Number(input.value));
      draw();
    });
    move();
    line.append(name, input, output);
    return line;
  }

  const last = data.scores.length - 1;
  const controls = document.createElement("div");
  controls.className = "cut-offs-controls";
  controls.append(
    slider(
      words.base,
      { min: 0, max: data.choices.length - 1, step: 1, value: state.choice },
      (i) => percent(data.bases[i]),
      (i) => {
        state.choice = i;
      },
    ),
    ...state.cuts.map((cut, group) =>
      slider(
        words.cuts[group],
        { min: data.scores[0], max: data.scores[last], step: 0.1, value: cut },
        (value) => value.toFixed(1),
        (value) => {
          state.cuts[group] = value;
        },
      ),
    ),
  );
  root.querySelector(".cut-offs-start").replaceWith(controls);
  draw();
}
