// Looks at pages with a real Chromium. Reads tasks from standard input as a JSON array, writes their results as one.
//
//   look      { url | html, width, dark, forced, cookie }   WCAG A and AA violations, overflow, foreign requests, console errors
//   press     { url, script, steps }        clicks and ticks, with or without scripts; the page that comes of it
//   pdf       { url | html }                how many sheets of A4 it prints on, the PDF, and the lines that should be in it
//   frame     { url, height }               whether a page of another site can show it in an iframe
//   exit      { url, how }                  the quick exit: click, key, or plain (no scripts); where it leads, and back
//   shown     { url, select, touch, forced }  what is seen of elements, on a touch screen, or in colours of the reader's own
//   validate  { html, mail }                html-validate's messages; `mail` allows what mail programs need

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { HtmlValidate } from "html-validate";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const rules = {
  // Prose brings its own styles, because mail programs know no others.
  "no-inline-style": "off",
  "void-style": "off",
  "doctype-style": "off",
  "no-trailing-whitespace": "off",
  // The title names the page and the service.
  "long-title": "off",
  "tel-non-breaking": "off",
  "form-dup-name": ["error", { shared: ["checkbox", "radio", "button", "submit"] }],
};
// What mail programs need: layout tables with their old attributes, comments for Outlook, roles for what has no element.
const ofMail = {
  ...rules,
  "no-deprecated-attr": "off",
  "no-conditional-comment": "off",
  "prefer-native-element": "off",
  "attribute-boolean-style": "off",
  "attribute-empty-style": "off",
};
const [validator, mailValidator] = [rules, ofMail].map((rules) => new HtmlValidate({ extends: ["html-validate:recommended"], rules }));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });

async function withPage(options, use) {
  const context = await browser.newContext(options);
  try {
    return await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

async function look({ url, html, width, dark, forced, cookie }) {
  const forcedColors = forced ? "active" : "none";
  const options = { viewport: { width, height: 800 }, colorScheme: dark ? "dark" : "light", forcedColors, deviceScaleFactor: 1 };
  return withPage(options, async (page, context) => {
    if (cookie) {
      const [name, value] = cookie.split("=");
      await context.addCookies([{ name, value, url }]);
    }
    // A page on disk may ask for what lies beside it.
    const own = url?.startsWith("file:") ? new URL(".", url).href : url ? new URL(url).origin : null;
    const foreign = [], errors = [];
    page.on("request", (request) => {
      const asked = request.url();
      if (!(own && asked.startsWith(own)) && !asked.startsWith("data:") && asked !== "about:blank") foreign.push(asked);
    });
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    if (url) await page.goto(url);
    else await page.setContent(html);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.evaluate(axe);
    const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: "tag", values: tags } }), tags);
    const violations = found.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map((n) => n.html.slice(0, 200)) }));
    return { violations, checked: found.passes.length, overflow, foreign, errors };
  });
}

async function press({ url, script, steps }) {
  return withPage({ javaScriptEnabled: script, viewport: { width: 360, height: 800 } }, async (page) => {
    await page.goto(url);
    for (const { tick, untick, click } of steps) {
      if (tick) await page.check(tick);
      if (untick) await page.uncheck(untick);
      if (click) await Promise.all([page.waitForNavigation(), page.click(click)]);
    }
    return { url: page.url(), text: await page.innerText("main") };
  });
}

async function pdf({ url, html }) {
  return withPage({}, async (page) => {
    if (url) await page.goto(url);
    else await page.setContent(html);
    const file = await page.pdf({ preferCSSPageSize: true, format: "A4" });
    const sheets = (file.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
    const lines = ((await page.locator("body").count()) ? await page.innerText("body") : "").split("\n").map((line) => line.trim()).filter((line) => line);
    return { sheets, lines, file: file.toString("base64") };
  });
}

async function frame({ url, height }) {
  const outer = `<!doctype html><title>A school</title><iframe id="f" src="${url}" width="320" height="${height}"></iframe>`;
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(outer));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    // localhost and 127.0.0.1 are different origins.
    return await withPage({}, async (page) => {
      await page.goto(`http://localhost:${server.address().port}/`);
      const inner = await (await page.$("#f")).contentFrame();
      await inner.waitForLoadState();
      const text = await inner.evaluate(() => document.body?.innerText ?? "").catch(() => "");
      const overflow = await inner.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth).catch(() => 0);
      return { text, overflow, url: inner.url() };
    });
  } finally {
    server.close();
  }
}

async function exit({ url, how }) {
  return withPage({ javaScriptEnabled: how !== "plain" }, async (page) => {
    const own = new URL(url).origin;
    await page.route((asked) => asked.origin !== own && asked.protocol !== "about:", (route) =>
      route.fulfill({ contentType: "text/html", body: "<title>Weather</title>Sunny" }));
    await page.goto("https://before.example/");
    await page.goto(url);
    const away = page.waitForURL((there) => there.origin !== own);
    if (how === "key") await page.keyboard.press("Escape");
    else if (how === "tab") {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
    } else await page.click("#exit");
    await away;
    const left = page.url();
    await page.goBack();
    return { left, back: page.url() };
  });
}

async function shown({ url, select, touch, forced }) {
  const options = { hasTouch: !!touch, isMobile: !!touch, forcedColors: forced ? "active" : "none" };
  return withPage(options, async (page) => {
    await page.goto(url);
    const elements = await page.$$eval(select, (all) => all.map((one) => ({
      text: one.textContent,
      visible: one.getClientRects().length > 0,
      current: one.getAttribute("aria-current"),
      background: getComputedStyle(one).backgroundColor,
    })));
    return { elements };
  });
}

async function validate({ html, mail }) {
  const report = await (mail ? mailValidator : validator).validateString(html);
  return { messages: report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`)) };
}

const kinds = { look, press, pdf, frame, exit, shown, validate };
const results = [];
for (const task of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    results.push(await kinds[task.do](task));
  } catch (error) {
    results.push({ failed: `${task.do} ${task.url ?? ""}: ${error.message}` });
  }
}
await browser.close();
process.stdout.write(JSON.stringify(results));
