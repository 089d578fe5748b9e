// Making elements, and nothing else.

/** Return an element: attributes by name, `on…` as listeners, children as text or elements. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for the elements of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let last = 0;

/** Return an id that no other element of the page has. */
export function freshId(stem) {
  last += 1;
  return `${stem}-${last}`;
}

/** Put values into the places of a sentence: "{n} of {all}". */
export function format(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Return a share as a reader wants it: 41 %, 0.3 %, under 0.1 %. */
export function percent(share) {
  if (share >= 0.0995) return `${Math.round(share * 100)} %`;
  if (share >= 0.00095) return `${(share * 100).toFixed(1)} %`;
  return "< 0.1 %";
}

/** Wait for quiet: call `act` once `milliseconds` after the last call. */
export function later(act, milliseconds = 200) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), milliseconds);
  };
}
