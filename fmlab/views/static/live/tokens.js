// From a sentence to token numbers, as Python's `Tokenizer` does it.

import { Tokenizer } from "@huggingface/tokenizers";

const SPECIAL = { cls: "[CLS]", sep: "[SEP]", mask: "[MASK]" };

export class Words {
  /** Wrap a tokenizer: the contents of tokenizer.json and tokenizer_config.json. */
  constructor(json, settings, positions) {
    this.positions = positions;
    this.tokenizer = new Tokenizer(json, settings);
    const vocab = json.model.vocab;
    this.names = [];
    for (const [token, number] of Object.entries(vocab)) this.names[number] = token;
    for (const added of json.added_tokens ?? []) this.names[added.id] = added.content;
    this.numbers = new Map(this.names.map((name, number) => [name, number]));
    for (const [key, token] of Object.entries(SPECIAL)) {
      if (!this.numbers.has(token)) throw new Error(`no ${token} in its vocabulary`);
      this[key] = this.numbers.get(token);
    }
  }

  /**
   * Split a text, and cover words.
   *
   * @param {string} text
   * @param {number[]} masked which words to cover, by their place in the sentence
   * @returns {{ids, tokens, wordOf, words, cut}} `wordOf` says of each token in which word it
   *   stands (-1 for [CLS] and [SEP]); `words` are the words uncovered; `cut` whether the text was
   *   longer than the model has positions.
   */
  read(text, masked = []) {
    let ids = this.tokenizer.encode(text, { add_special_tokens: false }).ids;
    const cut = ids.length > this.positions - 2;
    if (cut) ids = ids.slice(0, this.positions - 2);
    const wordOf = [];
    const words = [];
    for (const number of ids) {
      const name = this.names[number];
      if (name.startsWith("##") && words.length > 0) words[words.length - 1] += name.slice(2);
      else words.push(name);
      wordOf.push(words.length - 1);
    }
    const covered = new Set(masked);
    ids = ids.map((number, place) => (covered.has(wordOf[place]) ? this.mask : number));
    ids = [this.cls, ...ids, this.sep];
    return { ids, tokens: ids.map((n) => this.names[n]), wordOf: [-1, ...wordOf, -1], words, cut };
  }
}
