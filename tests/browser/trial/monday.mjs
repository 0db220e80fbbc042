// Monday: the edition goes out, and people watch it.

import { inspect } from "./inspect.mjs";
import { follow, press, said, says, signIn } from "./people.mjs";
import { holds, is, until } from "./service.mjs";
import { MONDAY, NUMBER } from "./thursday.mjs";

// How many mails are in hand at most: two for each of its two connections.
const IN_HAND = 4;

const figure = (page, name) => page.locator(`[data-figure="${NUMBER}.${name}"]`).first().innerText().then((text) => Number(text.replaceAll(",", "")));
// How often the page itself was loaded, so that a figure that moves is told from a page that was.
const loads = (page) => {
  let count = 0;
  page.on("load", () => (count += 1));
  return () => count;
};

export async function watchesItGo(trial) {
  const { service, people } = trial;
  await service.stop();
  service.now = MONDAY;
  await service.start();
  const { page } = people.olive;
  await signIn(service, page, "olive@example.org");
  // The page changes by itself as soon as the edition begins.
  await page.getByText("Edition 7 is being sent").waitFor({ timeout: 45_000 });
  await inspect(page);
  const loaded = loads(page);
  const before = await figure(page, "settled");
  await until("the figures move", async () => (await figure(page, "settled")) > before + 5);
  const bar = await page.locator("progress").first().evaluate((one) => one.value);
  holds(bar > before, "the bar doesn't move");
  holds(/^\d+ % · /.test(await page.title()), `the title is “${await page.title()}”`);
  await follow(page, "Watch it");
  const accepted = await figure(page, "accepted");
  await until("the figures of the edition move", async () => (await figure(page, "accepted")) > accepted + 5);
  is(loaded(), 1, "pages that were loaded");
  // Ten of them at once.
  const many = await Promise.all(Array.from({ length: 9 }, () => people.anna.context.newPage()));
  await signIn(service, many[0], "anna@example.org");
  await Promise.all(many.map((one, at) => one.goto(`${service.base}/${at % 2 ? `editions/${NUMBER}` : ""}`)));
  const begin = await Promise.all(many.map((one) => figure(one, "settled")));
  await until("all ten move", async () => (await Promise.all(many.map((one) => figure(one, "settled")))).every((now, at) => now > begin[at]));
  trial.many = many;
}

export async function stopsItAndLetsItGoOn({ service, people }) {
  const { page } = people.plain;
  await signIn(service, page, "anna@example.org");
  await follow(page, "Stop it…");
  await says(page, "Kept back at once");
  await press(page, "Hold edition 7");
  const counts = () => Object.values(service.mails(NUMBER)).slice(2, 8).join();
  is(service.edition(NUMBER).state, "held", "stopped");
  await until("what was in hand is finished", () => service.mails(NUMBER).sending === 0);
  const stopped = counts();
  await follow(page, "Release…");
  is(counts(), stopped, "nothing is sent while it is held");
  await press(page, "Release edition 7");
  is(service.edition(NUMBER).state, "sending", "goes on");
  await people.olive.page.reload();
}

// A page that is open goes on after the daemon was started anew, and ends with the session.
export async function comesBackAndEndsWithTheSession(trial) {
  const { service, people, many } = trial;
  const { page } = people.olive;
  // While it was held, nothing moved on the pages of the edition.
  // A page that has just loaded itself anew breaks off what we ask of it.
  const again = (one) => until("a page is loaded again", async () => Boolean(await one.reload()));
  await Promise.all(many.map(again));
  await page.goto(`${service.base}/editions/${NUMBER}`);
  const loaded = loads(page);
  await service.stop("SIGKILL");
  await service.start();
  const before = await figure(page, "settled");
  await until("the figures move again", async () => (await figure(page, "settled")) > before + 3);
  is(loaded(), 0, "the page wasn't loaded anew");
  // Signed out on another machine.
  await people.plain.page.goto(`${service.base}/account`);
  await press(people.plain.page, "Sign out everywhere but here");
  await until("every page of that session leads to the door", async () => (await Promise.all(many.map((one) => one.title()))).every((title) => title.startsWith("Sign in")));
  for (const one of many) await one.close();
  holds(!(await page.title()).startsWith("Sign in"), "someone else was signed out, too");
}

export async function findsOutWhoDidNotGetIt({ service, people }) {
  const { page } = people.olive;
  await service.stop();
  service.write("config.toml", service.read("config.toml").replace(/^rate_per_second = .*$/m, "rate_per_second = 500"));
  await service.start();
  const left = ({ queued, sending }) => queued + sending;
  await until("all is done", () => left(service.mails(NUMBER)) === 0, 90);
  await page.goto(`${service.base}/editions/${NUMBER}`);
  const mails = service.mails(NUMBER);
  is([mails.failed, mails.deferred], [7, 1], JSON.stringify(mails));
  // Two were never answered; and of what was in hand when the daemon was killed, nobody knows either.
  holds(mails.uncertain >= 2 && mails.uncertain <= 2 + IN_HAND, JSON.stringify(mails));
  await says(page, "There's no such mailbox");
  await inspect(page);
}
