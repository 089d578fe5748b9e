// The views by the names that authors write. A view takes a figure and returns what draws it.

import { fillMask } from "./view_fill.js";
import { lens } from "./view_lens.js";

export const VIEWS = {
  "fill-mask": fillMask,
  lens,
};
