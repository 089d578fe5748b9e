// The tokens and ids of the reader's own sentence (book/_ext/trip.py draws the first one).

for (const root of document.querySelectorAll("[data-trip]")) prepare(root);

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function made(name, attributes = {}, text = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** Put a button under the table; the table stays until the model has come. */
function prepare(root) {
  const told = JSON.parse(root.dataset.trip);
  const { words } = told;
  const button = made("button", { type: "button", class: "live-button live-start" }, words.start);
  const hint = made("p", { class: "live-hint", role: "status" }, words.costs);
  const bar = made("div", { class: "live-waiting" });
  bar.append(button, hint);
  root.append(bar);
  button.addEventListener("click", async () => {
    button.disabled = true;
    hint.textContent = words.loading;
    try {
      const engine = await globalThis.fmlabLive.shipped(told.model);
      bar.remove();
      open(root, told, engine.words);
    } catch (error) {
      button.disabled = false;
      hint.textContent = filled(words.cannotLoad, { why: error.message });
    }
  });
}

/** Put a field above the table that draws it anew with each letter. */
function open(root, told, tokenizer) {
  const { words } = told;
  const label = made("label", { class: "live-controls" }, words.sentence);
  const field = made("input", { type: "text", class: "live-text", autocomplete: "off" });
  field.style.inlineSize = "100%";
  field.style.fontWeight = "normal";
  field.value = told.text;
  label.append(field);
  const status = made("p", { class: "live-status", role: "status" });
  root.prepend(label);
  root.append(status);
  const draw = () => {
    const { ids, tokens, cut } = tokenizer.read(field.value);
    const rows = tokens.map((token, place) => {
      const row = made("tr");
      const name = made("th", { scope: "row" }, token);
      row.append(made("td", {}, String(place + 1)), name, made("td", {}, String(ids[place])));
      return row;
    });
    root.querySelector("tbody").replaceChildren(...rows);
    const unknown = tokens.filter((token) => token === "[UNK]").length;
    const lines = [filled(words.told, { n: tokens.length, hidden: told.hidden })];
    if (unknown) lines.push(filled(words.unknown, { n: unknown }));
    if (cut) lines.push(words.cut);
    status.textContent = lines.join(" ");
  };
  field.addEventListener("input", draw);
  draw();
  field.focus({ preventScroll: true });
}
