// A page as everyone sees it: narrow and wide, light, dark and in a reader's own colours. WCAG A and AA by axe, nothing wider than
// the screen, and no character that turns the text around.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { holds } from "./service.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// How wide a page is does not change its colours, so what only those decide is looked at once in the dark and once in colours of
// the reader's own.
const ofColours = { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };
const ofAll = { runOnly: { type: "tag", values: tags } };
const ways = [
  { width: 390, colorScheme: "light", forcedColors: "none", rules: ofAll },
  { width: 390, colorScheme: "dark", forcedColors: "none", rules: ofColours },
  { width: 1280, colorScheme: "light", forcedColors: "none", rules: ofAll },
  { width: 1280, colorScheme: "light", forcedColors: "active", rules: ofColours },
];
// Characters that turn the direction of what follows (Unicode UAX #9), and those that no screen shows.
const turning = /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000e-\u001f\u007f]/;

export async function inspect(page) {
  await page.evaluate(axe);
  for (const { width, rules, ...media } of ways) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia(media);
    const found = await page.evaluate(async (rules) => {
      const root = document.documentElement;
      const { violations, passes } = await axe.run(document, { ...rules, resultTypes: ["violations"], iframes: false });
      const wide = [...document.querySelectorAll("main *")].filter((one) => !one.closest(".scroll, .hidden, iframe") && one.getBoundingClientRect().right > root.clientWidth + 1);
      return {
        violations: violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 2).map((node) => node.html.slice(0, 200)).join(" ")}`),
        passes: passes.length,
        overflow: root.scrollWidth - root.clientWidth,
        wide: wide.slice(0, 2).map((one) => one.outerHTML.slice(0, 160)),
        turning: document.body.innerText,
      };
    }, rules);
    const what = `${page.url()} at ${width}, ${media.colorScheme}, forced: ${media.forcedColors}`;
    holds(found.violations.length === 0, `${what}: ${found.violations.join("\n")}`);
    holds(found.passes > (rules === ofAll ? 5 : 0), `${what}: nothing was checked`);
    holds(found.overflow === 0 && found.wide.length === 0, `${what}: wider than the screen by ${found.overflow}: ${found.wide.join("\n")}`);
    holds(!turning.test(found.turning), `${what}: a character that turns the text around`);
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: "light", forcedColors: "none" });
}

// Pages that differ only in their numbers look alike.
const kind = (url) => url.pathname.replace(/^(.*\/library)\/(?!help\.toml)[^/]+\/(?!theme)[^/]+/, "$1/T").replace(/^(.*\/library)\/[^/]+\/theme/, "$1/T/theme").replace(/\d+/g, "N").replace(/(segments)\/[^/]+/, "$1/S") + [...url.searchParams.keys()].sort().join("&") + (url.searchParams.get("view") ?? "");

// Follows every link from here, one page of each kind, and does this with each.
export async function everyPage(page, base, use) {
  const waiting = [new URL(base)];
  const known = new Set([kind(waiting[0])]);
  const faults = [];
  let count = 0;
  while (waiting.length > 0) {
    const url = waiting.shift();
    const answer = await page.goto(url.href);
    holds(answer.status() === 200, `${url.href} answers ${answer.status()}`);
    await use(page).catch((error) => faults.push(error.message));
    count += 1;
    const links = await page.$$eval("a[href]", (all) => all.map((one) => one.href));
    for (const link of links.map((link) => new URL(link))) {
      link.hash = "";
      if (link.origin !== url.origin || link.pathname.endsWith(".csv") || known.has(kind(link))) continue;
      known.add(kind(link));
      waiting.push(link);
    }
  }
  holds(faults.length === 0, faults.join("\n"));
  return count;
}
