// A safeguarding officer on her first Monday, with her mail and a browser: she learns on Thursday what goes out, approves it, watches
// it go, finds the school that did not get it and why, and puts that right. Her clicks are counted.

import { mkdirSync } from "node:fs";
import { guarded, password, says } from "./people.mjs";
import { opened, relay } from "./relay.mjs";
import { holds, is, until } from "./service.mjs";

const OFFICER = "officer@example.org";

// What she sees, on her phone and on her desk.
async function sees(trial, name) {
  if (!process.env.TRIAL_SHOTS) return;
  const { page } = trial.officer;
  mkdirSync(process.env.TRIAL_SHOTS, { recursive: true });
  trial.seen = (trial.seen ?? 0) + 1;
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await page.screenshot({ path: `${process.env.TRIAL_SHOTS}/${String(trial.seen).padStart(2, "0")}-${name}-${width}.png`, fullPage: true });
  }
}

async function clicks(trial, words, role = "link", inside = "main") {
  const { page } = trial.officer;
  const place = page.locator(inside).getByRole(role, { name: words, exact: typeof words === "string" }).first();
  await Promise.all([page.waitForNavigation(), place.click()]);
  trial.clicks.push(String(words));
}

// Her mail program opens the newest mail whose subject fits, and she follows its link.
async function opensMail(trial, words, name) {
  const { page } = trial.officer;
  const find = () => trial.relay.mails.filter((mail) => mail.to === OFFICER).map(opened).filter((mail) => words.test(mail.subject)).pop();
  // A daemon looks every twenty seconds; this looks at once.
  await trial.service.done("send");
  const mail = await until(`a mail with ${words}`, find, 60);
  // Not among the console's pages, whose policy allows no styles but its own.
  await page.goto("about:blank");
  await page.setContent(mail.html);
  await sees(trial, name);
  const link = page.locator(`a[href^="${trial.service.url}"]`).first();
  trial.clicks.push(`the mail's link: ${await link.innerText()}`);
  await page.goto(await link.getAttribute("href"));
  return mail;
}

async function learnsOnThursday(trial) {
  const { service, browser } = trial;
  trial.relay = await relay();
  trial.clicks = [];
  service.now = "2026-11-26T08:00:30Z";
  service.write("config.toml", service.read("config.toml").replaceAll("RELAY", String(trial.relay.port)));
  const names = ["St Mary’s C of E Primary School", "Hillside Primary School", "Riverbank Academy", "Lantern Trust", "Marsh Lane Nursery", "Fen College"];
  const bands = ["4-5 5-7 8-10", "5-7 8-10", "11-14 14+", "8-10", "4-5", "14+"];
  const rows = Array.from({ length: 120 }, (_, n) => {
    const [name, sector] = n < names.length ? [names[n], n === 3 ? "charity" : "school"] : [`School number ${n}`, n % 9 ? "school" : "health"];
    const address = n === 1 ? "gone@hillside.example" : `office@school${n}.example`;
    return `${name},${sector},${address},${bands[n % 6]},,,${100000 + n}`;
  });
  service.write("list.csv", `name,sector,email,bands,ages,locale,urn\n${rows.join("\n")}\n`);
  service.run("subscribers", "import", "list.csv");
  await service.start();
  trial.officer = await guarded(browser);
  const { page } = trial.officer;
  await page.goto(service.url + service.invite(OFFICER, "admin", "Ruth Okafor"));
  await sees(trial, "invitation");
  await page.getByLabel("New password").fill(password);
  await clicks(trial, "Set the password and sign in", "button");
  await sees(trial, "now");
  trial.clicks = [];
}

async function approves(trial) {
  const { page } = trial.officer;
  const mail = await opensMail(trial, /needs approval/, "mail-coming");
  await sees(trial, "where-it-leads");
  await clicks(trial, /^Approve/);
  await sees(trial, "question");
  await clicks(trial, /^Approve edition 7/, "button");
  await sees(trial, "approved");
  is(trial.service.edition(7).state, "approved", mail.subject);
  holds(page.url().startsWith(trial.service.url), page.url());
  trial.thursday = trial.clicks;
  trial.clicks = [];
}

async function watchesIt(trial) {
  const { service } = trial;
  const { page } = trial.officer;
  await service.stop();
  service.now = "2026-11-30T07:59:50Z";
  await service.start();
  await page.goto(`${service.url}/`);
  await sees(trial, "sign-in");
  await page.getByLabel("Your email address").fill(OFFICER);
  await page.getByLabel("Password").fill(password);
  await clicks(trial, "Sign in", "button");
  await sees(trial, "a-moment-before");
  await page.getByText("Edition 7 is being sent").waitFor({ timeout: 60_000 });
  await sees(trial, "now-it-goes");
  await clicks(trial, "Watch it");
  await sees(trial, "watching");
  trial.monday = trial.clicks;
  trial.clicks = [];
}

async function findsTheSchool(trial) {
  const { page } = trial.officer;
  await opensMail(trial, /has gone out/, "mail-gone-out");
  await sees(trial, "edition-gone-out");
  await clicks(trial, "There's no such mailbox");
  await says(page, "Hillside Primary School");
  await sees(trial, "who-did-not-get-it");
  await clicks(trial, "Hillside Primary School");
  await sees(trial, "its-story");
  await says(page, "gone@hillside.example");
  trial.found = trial.clicks;
  trial.clicks = [];
}

async function putsItRight(trial) {
  const { service } = trial;
  const { page } = trial.officer;
  await clicks(trial, "Add the right address…");
  is(await page.getByLabel("Organisation").inputValue(), "Hillside Primary School", "what is filled in");
  await sees(trial, "right-address");
  await page.getByLabel("Address", { exact: true }).fill("office@hillside.example");
  await clicks(trial, "Add it", "button");
  await sees(trial, "put-right");
  const { name, mailboxes } = service.run("subscribers", "show", "office@hillside.example", "--json");
  const added = mailboxes.find((one) => JSON.stringify(one).includes("office@hillside.example"));
  is([name, added.state, added.bands], ["Hillside Primary School", "active", ["5-7", "8-10"]], "put right");
  is([trial.thursday.length, trial.monday.length, trial.found.length, trial.clicks.length], [3, 2, 3, 2], "her clicks");
  is(trial.officer.alarms, [], "what must never happen on a page");
}

export const steps = [learnsOnThursday, approves, watchesIt, findsTheSchool, putsItRight];
