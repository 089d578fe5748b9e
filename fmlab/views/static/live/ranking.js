// All codes of a form, ranked by what a model gives them: the rank of one, and its exposure in bits.

const MASK = "[MASK]";
const DIGITS = [..."0123456789"];

/**
 * Ask a model for every filling of the covered places of a text, and rank the fillings.
 *
 * Each place is asked for with the others in sight, and the bits add up. Fillings that differ at one
 * place alone ask the same question there: a thousand codes of three digits take 300 questions.
 *
 * @param {(question: object) => Promise<object>} ask
 * @param {string} text with [MASK] wherever a digit is secret
 * @param {() => boolean} wanted whether anybody still waits for it
 * @returns {Promise<Ranking|null>} null where nobody waits any more
 */
export async function rankCodes(ask, text, wanted = () => true) {
  const words = text.split(/\s+/);
  const slots = words.flatMap((word, place) => (word === MASK ? [place] : []));
  const codes = fillings(slots.length);
  const bits = new Float64Array(codes.length);
  for (let slot = 0; slot < slots.length; slot += 1) {
    const step = 10 ** (slots.length - 1 - slot); // how far apart codes are that differ here by 1
    const firsts = codes.flatMap((code, n) => (code[slot] === "0" ? [n] : []));
    const answers = await Promise.all(
      firsts.map((n) => ask({ text: asked(words, slots, codes[n], slot), k: 1, asked: DIGITS })),
    );
    if (!wanted()) return null;
    answers.forEach(({ fills }, i) => {
      fills[0].asked.forEach(({ probability }, digit) => {
        if (probability === null) throw new UnknownDigit(DIGITS[digit]);
        bits[firsts[i] + digit * step] -= Math.log2(probability);
      });
    });
  }
  return new Ranking(codes, bits);
}

/** A digit that is no token of the model's vocabulary. */
export class UnknownDigit extends Error {}

/** Codes and the bits that a model needs for each; few bits mean a likely code. */
export class Ranking {
  constructor(codes, bits) {
    this.codes = codes;
    this.bits = bits;
    this.order = [...codes.keys()].sort((a, b) => bits[a] - bits[b]);
  }

  get size() {
    return this.codes.length;
  }

  /** The exposure of a code that stands first. */
  get most() {
    return Math.log2(this.size);
  }

  /** Return where a code stands and how exposed it is; codes as likely as it count before it. */
  of(code) {
    const own = this.bits[this.codes.indexOf(code)];
    const rank = this.bits.reduce((sum, one) => sum + (one <= own ? 1 : 0), 0);
    return { code, rank, bits: own, exposure: this.most - Math.log2(rank) };
  }

  /** Return the likeliest codes. */
  first(count) {
    return this.order.slice(0, count).map((n) => this.of(this.codes[n]));
  }
}

function fillings(length) {
  return Array.from({ length: 10 ** length }, (_, n) => String(n).padStart(length, "0"));
}

/** Return the sentence that holds a code but for one covered digit. */
function asked(words, slots, code, covered) {
  const filled = [...words];
  slots.forEach((place, slot) => {
    if (slot !== covered) filled[place] = code[slot];
  });
  return filled.join(" ");
}
