// The names of the site's pages: "book/05_bert_in_code" for the address of that page.

/** Return the name of the page that an address leads to; null where it leads out of the site. */
export function pageName(address) {
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const url = new URL(address, location.href);
  const site = root.origin + root.pathname;
  const place = url.origin + url.pathname;
  return place.startsWith(site) ? place.slice(site.length).replace(/\.html$/, "") : null;
}
