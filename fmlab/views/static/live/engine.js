// A model in the reader's browser: onnxruntime-web, one thread, no server.

import { BadFile, openModel } from "./model_file.js";
import { Attentions, entropyBits, largest, softmax } from "./numbers.js";
import { withStage } from "./safetensors.js";
import { load, take } from "./shelf.js";
import { Words } from "./tokens.js";

let runtime;

/** Start onnxruntime once; everything it needs comes from the site, also from a file on disk. */
export function startRuntime(root) {
  runtime ??= (async () => {
    const [code, wasm] = await Promise.all([
      take(root, "runtime/code"),
      take(root, "runtime/wasm"),
      load(`${root}runtime/ort.js`),
    ]);
    const { ort } = globalThis;
    ort.env.wasm.numThreads = 1; // more need headers that a static host does not send
    ort.env.wasm.wasmBinary = wasm;
    ort.env.wasm.wasmPaths = {
      mjs: URL.createObjectURL(new Blob([code], { type: "text/javascript" })),
    };
    ort.env.logLevel = "error";
    return ort;
  })().catch((error) => {
    runtime = undefined;
    throw error;
  });
  return runtime;
}

/** One model, perhaps at several moments of its training, that answers questions. */
export class Engine {
  /**
   * @param {Uint8Array} bytes a file of `fmlab export`
   * @param {object} ort onnxruntime
   */
  static async open(bytes, ort) {
    const file = openModel(bytes);
    let words;
    try {
      words = new Words(file.tokenizer, file.settings, file.about.positions);
    } catch (error) {
      throw new BadFile("partDamaged", { part: "tokenizer.json", why: error.message });
    }
    const engine = new Engine(file, words, ort);
    try {
      await engine.#session("");
    } catch (error) {
      throw new BadFile("cannotRun", { why: error.message });
    }
    return engine;
  }

  constructor(file, words, ort) {
    this.about = file.about;
    this.card = file.card;
    this.words = words;
    this.#file = file;
    this.#ort = ort;
    this.stageBytes = null; // (name) => bytes of a stage, where the model has stages
  }

  #file;
  #ort;
  #sessions = new Map();
  #turn = Promise.resolve();

  /** Answer a question; one after the other, because a session does one thing at a time. */
  ask(question) {
    const answer = this.#turn.then(() => this.#answer(question));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  /** Return logits, `(layers, places, vocabulary)`, and attentions for token numbers. */
  async run(ids, { layers, places, off = [], stage = "" }) {
    const { Tensor } = this.#ort;
    const { layers: L, heads: H } = this.about;
    const keep = new Float32Array(L * H).fill(1);
    for (const [layer, head] of off) keep[layer * H + head] = 0;
    const session = await this.#session(stage);
    const out = await session.run({
      input_ids: new Tensor("int32", Int32Array.from(ids), [1, ids.length]),
      layers: new Tensor("int32", Int32Array.from(layers), [layers.length]),
      places: new Tensor("int32", Int32Array.from(places), [places.length]),
      keep: new Tensor("float32", keep, [L, H]),
    });
    const attentions = new Attentions(out.attentions.data, L, H, ids.length);
    return { logits: out.logits.data, attentions };
  }

  async #answer({
    text,
    masked = [],
    everywhere = false,
    lens = false,
    k = 5,
    asked = [],
    off,
    stage,
  }) {
    const read = this.words.read(text, masked);
    const { layers: L, vocab } = this.about;
    const layers = lens ? Array.from({ length: L + 1 }, (_, layer) => layer) : [L];
    const all = read.ids.map((_, place) => place);
    let places = all.filter((place) => read.ids[place] === this.words.mask);
    if (everywhere) places = all;
    const { logits, attentions } = await this.run(read.ids, {
      layers,
      places: places.length ? places : [0],
      off,
      stage,
    });
    const fills = [];
    for (let i = 0; i < layers.length; i += 1) {
      for (let j = 0; j < places.length; j += 1) {
        const from = (i * places.length + j) * vocab;
        const shares = softmax(logits.subarray(from, from + vocab));
        fills.push({
          layer: layers[i],
          place: places[j],
          entropyBits: entropyBits(shares),
          candidates: largest(shares, k).map((n) => this.#candidate(n, shares)),
          asked: asked.map((token) =>
            this.#candidate(this.words.numbers.get(token), shares, token),
          ),
        });
      }
    }
    return { ...read, attentions, fills };
  }

  #candidate(number, shares, token = this.words.names[number]) {
    return { token, probability: number === undefined ? null : shares[number] };
  }

  /** Return the session of a stage ("" for the finished model); the last two are kept. */
  async #session(stage) {
    if (!this.#sessions.has(stage)) {
      const { graph, weights } = this.#file;
      const data = stage ? withStage(weights, await this.stageBytes(stage)) : weights;
      const session = await this.#ort.InferenceSession.create(graph, {
        executionProviders: ["wasm"],
        externalData: [{ path: "model.safetensors", data }],
      });
      const stages = [...this.#sessions.keys()].filter((name) => name !== "");
      if (stages.length > 1) {
        this.#sessions.get(stages[0]).release();
        this.#sessions.delete(stages[0]);
      }
      this.#sessions.set(stage, session);
    }
    return this.#sessions.get(stage);
  }
}
