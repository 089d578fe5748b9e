// Weights as bytes: where each tensor lies, and the weights of a stage of training in their place.

const LARGEST_HEADER = 100_000_000;

/** Return what a safetensors file holds: name, type, shape, and its bytes. */
export function tensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = Number(view.getBigUint64(0, true));
  if (size > LARGEST_HEADER || 8 + size > bytes.byteLength) throw new Error("no safetensors");
  const listed = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  const found = new Map();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(listed)) {
    if (name === "__metadata__") continue;
    const [from, to] = offsets.map((offset) => 8 + size + offset);
    found.set(name, { dtype, shape, bytes: bytes.subarray(from, to) });
  }
  return found;
}

/**
 * Return weights laid out as `whole`, but with the numbers of a stage.
 *
 * A stage keeps each matrix in seven bits with a scale for each row (`fmlab/stages.py`); here it
 * becomes float16 again, at the same places, so that the same graph can run with it.
 */
export function withStage(whole, stage) {
  const out = whole.slice();
  const packed = tensors(stage);
  for (const [name, target] of tensors(out)) {
    const source = packed.get(name);
    if (!source) throw new Error(`the stage has no ${name}`);
    if (source.dtype === "F16") {
      target.bytes.set(source.bytes);
      continue;
    }
    const scales = floats(packed.get(`${name}.scale`).bytes);
    const small = new Int8Array(source.bytes.buffer, source.bytes.byteOffset, source.bytes.length);
    const width = small.length / scales.length;
    const halves = new Uint16Array(small.length);
    for (let row = 0; row < scales.length; row += 1) {
      for (let i = row * width; i < (row + 1) * width; i += 1) {
        halves[i] = half(small[i] * scales[row]);
      }
    }
    target.bytes.set(new Uint8Array(halves.buffer));
  }
  return out;
}

function floats(bytes) {
  return new Float32Array(bytes.slice().buffer); // a copy, because floats must start at fours
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Return the bits of the float16 nearest to a number; of two equally near ones, the even one. */
export function half(value) {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = ((bits[0] >>> 23) & 0xff) - 112;
  let fraction = bits[0] & 0x7fffff;
  if (exponent >= 31) return sign | (exponent === 143 && fraction ? 0x7e00 : 0x7c00);
  let shift = 13;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    fraction |= 0x800000;
    shift = 14 - exponent;
  }
  const base = (exponent > 0 ? exponent << 10 : 0) + (fraction >>> shift);
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (base + (rest > middle || (rest === middle && base & 1) ? 1 : 0));
}
