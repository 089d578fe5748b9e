// What these scripts say, in the page's language; what has no words yet speaks English.

import { EN } from "./en.js";

const TABLES = { en: EN };

/** Return a speaker for a language: `t(key, values)`. */
export function speaker(language = "en") {
  const table = { ...EN, ...TABLES[language.replace("-", "_")] };
  return (key, values = {}) => {
    if (!(key in table)) throw new Error(`no words for ${key}`);
    return table[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
}
