// The console in a browser, step by step. Reads an order as JSON from standard input (see tests/it/console/trial.rs), which names a
// file of steps, and writes what each step came to, with the milliseconds that it took.

import { appendFileSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { Service } from "./trial/service.mjs";

const order = JSON.parse(readFileSync(0, "utf8"));
const { steps } = await import(`./trial/${order.steps}.mjs`);
const service = new Service(order);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", ...(order.arguments ?? [])] });
const results = [];
const end = async () => {
  await browser.close();
  process.stdout.write(JSON.stringify(results), () => process.exit(0));
};
// Whatever hangs is said in time.
setTimeout(() => {
  results.push({ step: "all", failed: "it took too long" });
  end();
}, (order.patience ?? 300) * 1000).unref();

async function shows(folder, line, failed) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  appendFileSync(`${folder}/steps.txt`, `${line}\n${failed ? pages.map((page) => page.url()).join("\n") : ""}\n`);
  if (failed) await Promise.all(pages.map((page, at) => page.screenshot({ path: `${folder}/${at}.png`, fullPage: true }).catch(() => {})));
}

const trial = { order, service, browser };
for (const step of steps) {
  const begun = Date.now();
  const failed = await step(trial).then(() => null, (error) => `${error.stack ?? error}`);
  results.push({ step: step.name, took: Date.now() - begun, failed });
  // For whoever wants to see where it stood: TRIAL_SHOTS=/tmp/shots cargo test …
  if (process.env.TRIAL_SHOTS) await shows(process.env.TRIAL_SHOTS, `${step.name}: ${Date.now() - begun} ms ${failed ?? ""}`, failed);
  // What comes after it builds on it.
  if (failed) break;
}
await end();
