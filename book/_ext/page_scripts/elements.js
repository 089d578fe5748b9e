// Making elements, and nothing else.

/** Return an element: attributes by name, `on…` as listeners, children as text or elements. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Return a day such as "2026-11-28" as the page's language writes it. */
export function dayText(day) {
  const options = { dateStyle: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(document.documentElement.lang, options).format(new Date(day));
}
