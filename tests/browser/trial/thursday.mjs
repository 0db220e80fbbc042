// Thursday: who is at work, what is in the list, and the first decisions.

import { execFileSync } from "node:child_process";
import { atKeyboard, enter, everyStop, tabTo } from "./keyboard.mjs";
import { follow, guarded, password, said, says, signIn, signedUp } from "./people.mjs";
import { holds, is } from "./service.mjs";

export const THURSDAY = "2026-11-26T09:00:00Z";
export const MONDAY = "2026-11-30T07:59:55Z";
export const NUMBER = 7;
const LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);

// Names that a page could mistake for its own words, by the beginnings of their addresses, which the relay knows.
const odd = {
  gone1: "Gone One", full1: "Full School", later1: "O'Brien & \"Sons\" {{7*7}} </title></textarea>",
  gone2: "Gone Two", full2: "Fuller School", unsure1: LONG,
  gone3: "Gone Three", hostile1: '"><script>alert(1)</script><img src=x onerror=alert(2)>', unsure2: "Turned round",
  gone4: "Gone Four",
};

export async function prepares(trial) {
  const { order, service, browser } = trial;
  service.now = THURSDAY;
  const domain = (start) => `${start.replace(/\d/, "")}.example`;
  const rows = Array.from({ length: order.recipients }, (_, n) => `School ${n},school,s${n}@school${n % 7}.example,${["4-5", "8-10", "14+"][n % 3]},,,`);
  // No three that are refused stand within fifty: one in twenty would stop the edition.
  Object.entries(odd).forEach(([start, name], n) => rows.splice(25 + 23 * n, 0, `"${name.replaceAll('"', '""')}",charity,${start}@${domain(start)},8-10,,,`));
  service.write("list.csv", `name,sector,email,bands,ages,locale,urn\n${rows.join("\n")}\n`);
  service.run("subscribers", "import", "list.csv");
  // What no command takes may still come out of a store: a name that turns the text around.
  const turn = "import sqlite3; c = sqlite3.connect('var/fortnightly.db'); c.execute(\"UPDATE names SET name = 'Turned \\u202ednuor\\u202c \\u0007 bell' WHERE name = 'Turned round'\"); c.commit()";
  execFileSync("/usr/bin/python3", ["-c", turn], { cwd: service.folder });
  const pick = service.edition(NUMBER).activities.find((one) => one.band === "8-10").id;
  const text = service.read(`activities/${pick}.md`);
  service.write(`activities/${pick}.md`, text.replace(/^title = .*$/m, "title = '<b onclick=\"alert(4)\">Bold</b> & <script>alert(3)</script>'"));
  await service.start();
  trial.people = {
    anna: await signedUp(service, browser, ["anna@example.org", "admin", "Anna <b>\"Officer\"</b><script>alert(5)</script>"]),
    plain: await guarded(browser, { javaScriptEnabled: false }),
    olive: await signedUp(service, browser, ["olive@example.org", "approver", "Olive Approver"]),
    vera: await signedUp(service, browser, ["vera@example.org", "viewer", LONG.slice(0, 120)]),
  };
  await signIn(service, trial.people.plain.page, "anna@example.org");
  is(service.run("users", "list", "--json").length, 3, "users");
}

// An approver who has no mouse signs in, finds their way, looks a school up, and decides.
export async function byKeyboardAlone({ service, people }) {
  const { page, context } = people.olive;
  await atKeyboard(context);
  await page.setViewportSize({ width: 1280, height: 800 });
  await context.clearCookies();
  await page.goto(service.base);
  await tabTo(page, "Your email address", "INPUT");
  await page.keyboard.type("olive@example.org");
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await enter(page);
  await says(page, "Edition 7 goes out on");

  // The link that skips the menu is the first stop, and leads behind it.
  await page.keyboard.press("Tab");
  is((await page.evaluate(() => window.focused())).name, "Skip to the content", "the first stop");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  is((await page.evaluate(() => window.focused())).place, "MAIN", "behind the menu");

  const menu = await page.locator("header nav a").allInnerTexts();
  for (const name of menu) {
    await tabTo(page, name, "A");
    await enter(page);
    is(await page.locator("nav [aria-current=page]").first().innerText(), name, "the page in the menu");
    await everyStop(page);
  }
  await tabTo(page, "Subscribers", "A");
  await enter(page);
  await tabTo(page, "Find a subscriber");
  await page.keyboard.type("school 17");
  await enter(page);
  await says(page, "s17@school3.example");
  await everyStop(page);

  await tabTo(page, "Now", "A");
  await enter(page);
  await decides(service, page, "Approve it…", "Approve edition 7", "Enter", "is approved now", "approved");
  await tabTo(page, "Hold…", "A");
  await enter(page);
  await tabTo(page, "Why? (optional)");
  await page.keyboard.type("the head wants to read it");
  await tabTo(page, "Hold edition 7", "BUTTON");
  await enter(page, "Space");
  await isTold(page, "is held now");
  is(service.edition(NUMBER).state, "held", "the edition");
  await decides(service, page, "Release…", "Release edition 7", "Space", "is approved", "approved");
  await everyStop(page);
  // Arrow keys choose.
  await page.goto(`${service.base}/editions/7/test-copy`);
  await tabTo(page, "As which readers get it?", "SELECT");
  const chosen = () => page.locator("select").inputValue();
  const before = await chosen();
  await page.keyboard.press("ArrowDown");
  holds((await chosen()) !== before, "the arrow key chooses nothing");
  await page.setViewportSize({ width: 390, height: 800 });
}

async function decides(service, page, link, button, key, told, state) {
  await tabTo(page, link, "A");
  await enter(page);
  await tabTo(page, button, "BUTTON");
  await enter(page, key);
  await isTold(page, told);
  is(service.edition(NUMBER).state, state, "the edition");
}

// What came of it has the focus, so that a reader of screens says it first.
async function isTold(page, words) {
  const focused = await page.evaluate(() => document.activeElement.className);
  is(focused, "said", "what has the focus after a decision");
  holds((await said(page)).includes(words), `“${words}” isn't said: ${await said(page)}`);
}
