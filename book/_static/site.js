// A page opened from the disk may not read other files: so the search shows titles, no excerpts.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// A box that scrolls sideways must be reachable with the keyboard, or its end cannot be read.
(() => {
  const BOXES =
    "mjx-container[display=true], .table-wrapper, .cell_output .output, .highlight pre, .pst-scrollable-table-container";

  function mark() {
    for (const box of document.querySelectorAll(BOXES)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      if (scrolls) box.tabIndex = 0;
      else if (box.tabIndex === 0) box.removeAttribute("tabindex");
    }
  }

  addEventListener("load", mark);
  addEventListener("resize", mark);
  addEventListener("toggle", mark, true); // what was folded had no width before
})();
