// Opens pages in Debian's Chromium and prints a list of what it finds of each, as JSON: violations that axe-core
// reports, requests that the page made, messages on its console, and how wide it is. One browser looks at all of them.
// Usage: node look.mjs PAGE.html ... Pictures of each view are put into the folder OFFDUTY_PICTURES, where it is set.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.OFFDUTY_PICTURES ?? "";
const executablePath = process.env.OFFDUTY_CHROMIUM ?? "/usr/bin/chromium";
const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-gpu"];

const browser = await chromium.launch({ executablePath, args: quiet, chromiumSandbox: false });
async function look(page_file) {
  const address = pathToFileURL(resolve(page_file)).href;
  const name = basename(page_file, ".html");
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [380, 1280]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const tab = await context.newPage();
      const requests = [];
      const logged = [];
      tab.on("request", (request) => request.url() === address || requests.push(request.url()));
      tab.on("console", (message) => logged.push(message.text()));
      tab.on("pageerror", (error) => logged.push(String(error)));
      await tab.goto(address);
      const widthWhenClosed = await tab.evaluate(() => document.documentElement.scrollWidth);
      if (pictures) {
        await tab.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
      }
      await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      const widthWhenOpen = await tab.evaluate(() => document.documentElement.scrollWidth);
      const collisions = await tab.evaluate(() => [...document.querySelectorAll("svg.panel")].flatMap((picture) => {
        const frame = picture.getBoundingClientRect();
        const marks = [...picture.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
        return marks.filter(([text, box], at) => box.left < frame.left || box.right > frame.right ||
          marks.slice(0, at).some(([, other]) => box.left < other.right && other.left < box.right &&
            box.top < other.bottom && other.top < box.bottom)).map(([text]) => text.textContent);
      }));
      await tab.evaluate(axe);
      const options = { resultTypes: ["violations", "incomplete"] };
      const checked = await tab.evaluate((options) => globalThis.axe.run(document, options), options);
      const violations = checked.violations.map((one) => ({
        id: one.id,
        help: one.help,
        where: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
      }));
      found.push({
        colorScheme,
        width,
        contentWidth: Math.max(widthWhenOpen, widthWhenClosed),
        collisions,
        requests,
        logged,
        violations,
        incomplete: checked.incomplete.map((one) => one.id),
        passes: checked.passes.length,
      });
      await context.close();
    }
  }

  // Once more without axe-core: the page's own content policy must stop a script that is put into the page, and must
  // allow its style sheet.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const tab = await context.newPage();
  await tab.goto(address);
  const enforced = await tab.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.documentElement.dataset.ran = 'yes'";
    document.body.append(script);
    const styled = getComputedStyle(document.body).maxWidth !== "none";
    return { ran: document.documentElement.dataset.ran ?? "no", styled };
  });
  await tab.keyboard.press("Tab");
  const first = await tab.evaluate(() => document.activeElement?.textContent ?? "");
  await tab.keyboard.press("Enter");
  const skipped = await tab.evaluate(() => document.activeElement?.id ?? "");
  if (pictures) {
    await tab.pdf({ path: `${pictures}/${name}.pdf`, format: "A4", preferCSSPageSize: true });
  }
  await context.close();
  return { views: found, enforced, first, skipped };
}

const looked = [];
for (const page_file of process.argv.slice(2)) {
  looked.push(await look(page_file));
}
await browser.close();
process.stdout.write(JSON.stringify(looked) + "\n");
