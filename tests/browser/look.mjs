// Opens pages in Debian's Chromium, and says as JSON what was found there: what axe-core objects to, what a page asked for
// from outside, what it wrote to the console, how wide it is. Usage: node look.mjs PAGE.html [FOLDER FOR PICTURES]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [page_file, pictures] = process.argv.slice(2);
const address = pathToFileURL(resolve(page_file)).href;
const name = basename(page_file, ".html");
const executablePath = process.env.OFFDUTY_CHROMIUM ?? "/usr/bin/chromium";
const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-gpu"];

const browser = await chromium.launch({ executablePath, args: quiet, chromiumSandbox: false });
const found = [];
for (const colorScheme of ["light", "dark"]) {
  for (const width of [380, 1280]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const tab = await context.newPage();
    const asked = [];
    const said = [];
    tab.on("request", (request) => request.url() === address || asked.push(request.url()));
    tab.on("console", (message) => said.push(message.text()));
    tab.on("pageerror", (error) => said.push(String(error)));
    await tab.goto(address);
    const closed = await tab.evaluate(() => ({ wide: document.documentElement.scrollWidth, images: document.querySelectorAll("svg").length }));
    if (pictures) {
      await tab.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
    await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
    await tab.evaluate(axe);
    const checked = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
    const objections = checked.violations.map((one) => ({ id: one.id, help: one.help, where: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) }));
    const unsure = checked.incomplete.map((one) => one.id);
    found.push({ colorScheme, width, wide: Math.max(wide, closed.wide), svg: closed.images, asked, said, objections, unsure, passes: checked.passes.length });
    await context.close();
  }
}

// Once more as everybody sees it, with the page's own policy in force: a script that is put into it must not run, the style must apply.
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const tab = await context.newPage();
await tab.goto(address);
const enforced = await tab.evaluate(() => {
  const script = document.createElement("script");
  script.textContent = "document.documentElement.dataset.ran = 'yes'";
  document.body.append(script);
  return { ran: document.documentElement.dataset.ran ?? "no", styled: getComputedStyle(document.body).maxWidth !== "none" };
});
await tab.keyboard.press("Tab");
const first = await tab.evaluate(() => document.activeElement?.textContent ?? "");
await tab.keyboard.press("Enter");
const skipped = await tab.evaluate(() => document.activeElement?.id ?? "");
if (pictures) {
  await tab.pdf({ path: `${pictures}/${name}.pdf`, format: "A4", preferCSSPageSize: true });
}
await browser.close();
process.stdout.write(JSON.stringify({ views: found, enforced, first, skipped }) + "\n");
