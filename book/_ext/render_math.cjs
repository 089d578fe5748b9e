// Draws TeX as SVG, a formula a line: {"tex", "display"} in, {"html", "error"} out.
// argv[2] is the folder of MathJax's es5 files.
const readline = require("node:readline");
const { join } = require("node:path");

const settings = {
  loader: { load: ["input/tex-full", "output/svg", "a11y/assistive-mml"] },
  // Without these two, a mistake is drawn in red; with them taken out it is reported.
  tex: { packages: { "[-]": ["noundefined", "noerrors", "require", "autoload"] } },
  svg: { fontCache: "local" },
  startup: { typeset: false },
};

async function main() {
  const MathJax = await require(join(process.argv[2], "node-main.js")).init(settings);
  const adaptor = MathJax.startup.adaptor;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { tex, display } = JSON.parse(line);
    const html = adaptor.outerHTML(MathJax.tex2svg(tex, { display }));
    const error = /data-mjx-error="([^"]*)"/.exec(html);
    process.stdout.write(`${JSON.stringify({ html, error: error ? error[1] : null })}\n`);
  }
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
