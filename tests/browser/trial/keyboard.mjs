// A page with Tab, Enter, Space and the arrow keys alone: everything is reached, what has the focus is seen, and nothing keeps it.

import { holds } from "./service.mjs";

const watch = () => {
  window.focused = () => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const name = (one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText ?? "").trim();
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return { tag: one.tagName, name: name.split("\n")[0], place: one.closest("nav, header, main, footer")?.tagName ?? "", outlined, seen, at: window.stops?.indexOf(one) ?? -1 };
  };
  window.stopsOfPage = () => {
    const able = "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex='0']";
    window.stops = [...document.querySelectorAll(able)].filter((one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === "visible");
    return window.stops.length;
  };
};

export async function atKeyboard(context) {
  await context.addInitScript(watch);
}

// Goes on until what has the focus fits.
export async function tabTo(page, words, tag) {
  const met = [];
  for (let steps = 0; steps < 120; steps += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => window.focused());
    if (!focused) continue;
    holds(focused.outlined && focused.seen, `the focus can't be seen at ${page.url()}: ${JSON.stringify(focused)}`);
    met.push(focused.name);
    if (focused.name === words && (!tag || focused.tag === tag)) return focused;
  }
  throw new Error(`“${words}” can't be reached at ${page.url()}; there are: ${met.join(" | ")}`);
}

export async function enter(page, key = "Enter") {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

// Every stop of a page, one after the other, and out at its end.
export async function everyStop(page) {
  await page.evaluate(() => document.activeElement?.blur());
  const count = await page.evaluate(() => window.stopsOfPage());
  const met = new Set();
  for (let steps = 0; steps <= count + 2 && met.size < count; steps += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => window.focused());
    if (!focused || focused.at < 0) continue;
    holds(focused.outlined && focused.seen, `the focus can't be seen at ${page.url()}: ${JSON.stringify(focused)}`);
    met.add(focused.at);
  }
  const missed = await page.evaluate((met) => window.stops.filter((_, at) => !met.includes(at)).map((one) => one.outerHTML.slice(0, 120)), [...met]);
  holds(missed.length === 0, `not reached by Tab at ${page.url()}: ${missed.join("\n")}`);
  return count;
}
