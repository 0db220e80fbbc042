// A writer who has never seen Markdown: she begins an activity, sees while she types what is wrong with it and how it looks, mends it,
// and says that it's done; an approver approves the edition; and it's found in the plan. It goes out, she finds a mistake in it, and
// those who got it get a correction. By keyboard where that is said.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "./inspect.mjs";
import { follow, press, says, signIn, signedUp } from "./people.mjs";
import { holds, is, until } from "./service.mjs";

const FILE = "activities/games/keep-or-show.md";

async function sees(trial, name, page = trial.writer.page) {
  if (!process.env.TRIAL_SHOTS) return;
  mkdirSync(process.env.TRIAL_SHOTS, { recursive: true });
  trial.seen = (trial.seen ?? 0) + 1;
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await page.screenshot({ path: `${process.env.TRIAL_SHOTS}/${String(trial.seen).padStart(2, "0")}-${name}-${width}.png`, fullPage: true });
  }
}

async function comesIn(trial) {
  const { service, browser } = trial;
  service.now = "2026-11-26T08:00:30Z";
  service.run("sync");
  await service.start();
  service.invite("admin@example.org", "admin", "Ruth Okafor");
  trial.writer = await signedUp(service, browser, ["writer@example.org", "editor", "Wren Hall"]);
  const { page } = trial.writer;
  await follow(page, "Library", "nav");
  await says(page, "Activities by theme and age");
  await inspect(page);
  await sees(trial, "library");
}

async function begins(trial) {
  const { page } = trial.writer;
  await follow(page, "Write a new text…");
  await inspect(page);
  await page.getByLabel("Title", { exact: true }).fill("Keep or show?");
  await page.getByLabel("Theme").selectOption("games");
  await page.getByLabel("Age group").selectOption("8-10");
  await press(page, "Begin to write");
  await says(page, "A new activity: Keep or show?");
  await says(page, "places still say");
  await inspect(page);
  await sees(trial, "new");
}

// What she writes is checked and shown without a click.
async function seesWhatIsWrong(trial) {
  const { page } = trial.writer;
  await page.getByLabel("Summary").fill("Sort messages from a pretend game chat, and find out together which ones to show to a grown-up.");
  await page.getByLabel("What you need").fill("paper\na pen");
  await page.getByLabel("What your child practises").fill("choosing which messages from a game to show to a grown-up");
  await page.getByLabel("Get ready").fill("Sit down together. You’ll need a sheet of paper.");
  await page.getByLabel("Do it together").fill("1. **Sort them (8 minutes).** Grown-up: read out a message. Child: say “keep” or “show”. See [here](www.example.org).");
  await page.getByLabel("Talk about it").fill("Nothing.");
  await page.getByLabel("If something worries you").fill("If your child tells you about a real message, thank them, and look at it together.");
  const looked = page.locator("#findings");
  await until("the link is found", async () => /not a full address/.test(await looked.innerText()), 20);
  await until("the question is missed", async () => /question/.test(await looked.innerText()), 20);
  holds(!/undefined|\[object/.test(await looked.innerText()), await looked.innerText());
  await inspect(page);
  await sees(trial, "wrong");
}

async function keepsADraft(trial) {
  const { service } = trial;
  const { page } = trial.writer;
  const refused = await press(page, "It's done: put it into the library");
  is(refused.status, 409, "what has errors isn't let in");
  await says(page, "It hasn't been saved");
  is(await page.getByLabel("Talk about it").inputValue(), "Nothing.", "what she wrote is still there");
  await press(page, "Keep it as a draft");
  await says(page, "Nobody gets it until");
  holds(existsSync(join(service.folder, FILE.replace(".md", ".draft.md"))), "the draft is kept");
  await inspect(page);
  await sees(trial, "draft");
}

// By keyboard alone from here to the button.
async function mendsIt(trial) {
  const { service } = trial;
  const { page } = trial.writer;
  await follow(page, "Go on writing");
  await page.getByLabel("Do it together").fill("1. **Sort them (8 minutes).** Grown-up: read out a message. Child: say “keep” or “show”, and why.");
  await page.getByLabel("Talk about it").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("- Which one was hardest?\n- Who would you show it to?");
  await until("there's nothing to mend", async () => !/error/.test(await page.locator("#findings [role=status]").innerText()), 20);
  const mail = page.frameLocator("#frames iframe").first();
  await mail.getByRole("heading", { name: "Keep or show?" }).first().waitFor({ timeout: 20_000 });
  await sees(trial, "mended");
  const done = page.getByRole("button", { name: "It's done: put it into the library" });
  for (let n = 0; n < 80 && !(await done.evaluate((one) => one === document.activeElement)); n += 1) await page.keyboard.press("Tab");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await says(page, "It has been saved");
  holds(service.read(FILE).includes('title = "Keep or show?"'), service.read(FILE));
  holds(!existsSync(join(service.folder, FILE.replace(".md", ".draft.md"))), "the draft is gone");
  await inspect(page);
  await sees(trial, "done");
}

// Another text, opened twice: whoever is slower sees both, and loses nothing.
async function meetsSomeoneElse(trial) {
  const { service } = trial;
  const { page } = trial.writer;
  await page.goto(`${service.url}/library/games/keep-or-show/edit`);
  service.write(FILE, service.read(FILE).replace("minutes = 15", "minutes = 14"));
  await page.getByLabel("Title", { exact: true }).fill("Keep it or show it?");
  const refused = await press(page, "Save it in the library");
  is(refused.status, 409, "someone else was faster");
  await says(page, "Theirs");
  is(await page.getByLabel("Title", { exact: true }).inputValue(), "Keep it or show it?", "what she wrote is still there");
  await inspect(page);
  await sees(trial, "conflict");
  await follow(page, "take theirs");
  is(await page.getByLabel("Title", { exact: true }).inputValue(), "Keep or show?", "theirs");
}

async function isApprovedAndPlanned(trial) {
  const { service, browser } = trial;
  const approver = await signedUp(service, browser, ["approver@example.org", "approver", "Ada Price"]);
  await until("the daemon has read it", async () => {
    await approver.page.goto(`${service.url}/editions/7/swap?band=8-10`);
    return /Keep or show\?/.test(await approver.page.locator("main").innerText());
  }, 30);
  service.run("swap", "7", "--band", "8-10", "--activity", "games/keep-or-show");
  await approver.page.goto(`${service.url}/editions/7`);
  await says(approver.page, "Keep or show?");
  await follow(approver.page, /^Approve/);
  await press(approver.page, /^Approve edition 7/);
  is(service.edition(7).state, "approved", "approved");
  const planned = service.run("plan", "--json").find((row) => row.edition === 7).activities.map((one) => one.id);
  holds(planned.includes("games/keep-or-show"), JSON.stringify(planned));
  // Who changes it now is told what that does.
  const { page } = trial.writer;
  await page.goto(`${service.url}/library/games/keep-or-show/edit`);
  await says(page, "Edition 7 has been approved with this text");
  await sees(trial, "approved");
  await page.goto(`${service.url}/library/games/keep-or-show`);
  await follow(page, /^What differs/);
  await inspect(page);
  await page.goto(`${service.url}/library/help.toml/entry-2/edit`);
  await inspect(page);
  await page.goto(`${service.url}/library/help.toml/top`);
  await inspect(page);
  is(trial.writer.alarms, [], "what must never happen on a page");
}

// It has gone out, and one of its sentences was wrong: she finds the way from the text itself.
async function writesACorrection(trial) {
  const { service } = trial;
  const { page } = trial.writer;
  await service.stop();
  service.now = "2026-11-30T08:00:30Z";
  await service.done("send", "--edition", "7", "--yes");
  is(service.mails(7).accepted > 0, true, "edition 7 went out");
  await service.start();
  // Four days later, her session is over.
  await signIn(service, page, "writer@example.org");
  await follow(page, "Library", "nav");
  await follow(page, "Keep or show?");
  await says(page, "Families have it");
  await inspect(page);
  await follow(page, "Write a correction to those who got edition 7");
  is(await page.getByLabel("Title", { exact: true }).inputValue(), "Keep or show?", "the title is filled in");
  is(await page.getByLabel("Which edition it corrects").inputValue(), "7", "the edition is filled in");
  const wrong = page.getByLabel("What was wrong");
  holds((await wrong.inputValue()).startsWith("In “Keep or show?”, our email said: [Write here:"), await wrong.inputValue());
  await inspect(page);
  await sees(trial, "correction");
  const early = await press(page, "It's done: put it into the library");
  is(early.status, 409, "what isn't written yet isn't let in");
  await page.getByLabel("Summary").fill("Our email said to sort the messages for eighty minutes. It’s eight.");
  await page.getByLabel("What was wrong").fill("In “Keep or show?”, our email said: sort them for 80 minutes.");
  await page.getByLabel("What is right").fill("It’s 8 minutes.");
  await press(page, "It's done: put it into the library");
  await says(page, "It has been saved");
  holds(service.read("activities/bulletins/correction-keep-or-show.md").includes("corrects = 7"), "the edition is in its file");
  await inspect(page);
}

async function itGoesToThoseWhoGotTheEdition(trial) {
  const { service, browser } = trial;
  const { page } = trial.writer;
  await follow(page, "See who gets it, and send it");
  await until("the daemon has read it", async () => {
    await page.reload();
    return /who got edition 7/.test(await page.locator("main").innerText());
  }, 30);
  await says(page, "waiting for approval");
  await inspect(page);
  await sees(trial, "who-gets-it");
  const approver = await signedUp(service, browser, ["second@example.org", "approver", "Bo Lund"]);
  await approver.page.goto(`${service.url}/bulletins`);
  await follow(approver.page, "Keep or show?");
  await follow(approver.page, /^Approve/);
  await inspect(approver.page);
  await press(approver.page, "Approve the bulletin");
  await says(approver.page, "approved now");
  await follow(approver.page, /^Send it now/);
  await says(approver.page, "was accepted, or may have been");
  await press(approver.page, "Send the bulletin now");
  await says(approver.page, "goes out now");
  const sent = await until("it has gone out", () => {
    const found = service.run("status", "--json").bulletins.find((one) => one.name === "correction-keep-or-show");
    return found.state === "sent" && found;
  }, 90);
  is(sent.deliveries.accepted, service.mails(7).accepted, "as many as got the edition");
  // While it's being sent, the page loads itself anew, which would break off what looks at it.
  const isStill = async () => (await approver.page.reload()) && (await approver.page.locator("body[data-live]").count()) === 0;
  await until("the page stands still", isStill);
  await inspect(approver.page);
  await sees(trial, "sent", approver.page);
  is([...trial.writer.alarms, ...approver.alarms], [], "what must never happen on a page");
}

export const steps = [
  comesIn, begins, seesWhatIsWrong, keepsADraft, mendsIt, meetsSomeoneElse, isApprovedAndPlanned, writesACorrection,
  itGoesToThoseWhoGotTheEdition,
];
