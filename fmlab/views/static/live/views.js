// The views by the names that authors write. A view takes a figure and returns what draws it.

import { attention } from "./view_attention.js";
import { compare } from "./view_compare.js";
import { exposure } from "./view_exposure.js";
import { fillMask } from "./view_fill.js";
import { lens } from "./view_lens.js";
import { pair } from "./view_pair.js";

export const VIEWS = {
  attention,
  "fill-mask": fillMask,
  lens,
  compare,
  pair,
  exposure,
};
