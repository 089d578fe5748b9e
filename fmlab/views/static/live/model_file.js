// A model in one file, as `fmlab export` writes it: a zip with the graph, the weights, the words.

import { unzipSync } from "fflate";

const FORMAT = 1;
const NEEDED = ["model.onnx", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

/** What is wrong with a file, in words that a reader understands; `key` is one of words.js. */
export class BadFile extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/**
 * Return the parts of a model's file.
 *
 * @param {Uint8Array} bytes
 * @returns {{about, graph, weights, tokenizer, settings, card}}
 */
export function openModel(bytes) {
  let parts;
  try {
    parts = unzipSync(bytes);
  } catch {
    throw new BadFile("notAModel");
  }
  if (!parts["live.json"]) throw new BadFile("notAModel");
  const about = json(parts, "live.json");
  if (about.format !== FORMAT) throw new BadFile("otherFormat", { found: about.format });
  for (const name of NEEDED) if (!parts[name]) throw new BadFile("partMissing", { part: name });
  const card = parts["README.md"] ? new TextDecoder().decode(parts["README.md"]) : "";
  return {
    about,
    card,
    graph: parts["model.onnx"],
    weights: parts["model.safetensors"],
    tokenizer: json(parts, "tokenizer.json"),
    settings: json(parts, "tokenizer_config.json"),
  };
}

function json(parts, name) {
  try {
    return JSON.parse(new TextDecoder().decode(parts[name]));
  } catch {
    throw new BadFile("partDamaged", { part: name });
  }
}
