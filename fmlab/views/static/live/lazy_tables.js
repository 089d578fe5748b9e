// Tables that are made when the reader opens them: those of a long sentence have thousands of cells.

import { later } from "./dom.js";
import { table } from "./tables.js";

const MANY = 2000; // cells that are made only when the reader pauses

/**
 * Return an object whose `show(make, cells)` takes a function that gives captions, columns and rows,
 * and about how many cells there will be.
 */
export function lazyTables(figure) {
  const fold = figure.tableBox.parentElement;
  let make = () => [];
  let stale = true;
  const fill = () => {
    if (!stale || !fold.open) return;
    stale = false;
    figure.tableBox.replaceChildren(
      ...make().map(([caption, columns, rows]) => table(caption, columns, rows)),
    );
  };
  const soon = later(fill);
  fold.ontoggle = fill; // not a listener: a figure that begins anew must not keep the old one
  return {
    show(maker, cells) {
      make = maker;
      stale = true;
      if (cells > MANY) soon();
      else fill();
    },
  };
}
