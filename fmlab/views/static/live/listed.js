// Several things in a row, as the page's language writes them: "a, b and c".

export function listed(figure, parts) {
  const language = (figure.options.language ?? "en").replace("_", "-");
  return new Intl.ListFormat(language, { type: "conjunction" }).format(parts);
}
