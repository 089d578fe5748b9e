// For paper: everything folded is opened, and the page is light; afterwards all is as it was.

/** Prepare the page when the reader prints it. */
export function preparePrint() {
  let opened = [];
  let theme = null;
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
    if (theme) document.documentElement.dataset.theme = theme;
  });
}
