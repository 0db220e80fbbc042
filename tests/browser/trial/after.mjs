// After an edition has gone out, still without scripts: what did not arrive is put right, bounces are decided about, and a service
// that was restored, or late, is let go.

import { follow, press, says, signIn } from "./people.mjs";
import { holds, is, until } from "./service.mjs";
import { NUMBER } from "./thursday.mjs";

const stateOf = (service, address) => service.run("deliveries", "list", address, "--edition", String(NUMBER), "--json")[0].state;

const isTriedAgain = (service, address) => {
  const state = stateOf(service, address);
  holds(["queued", "sending", "accepted"].includes(state), `${address} is ${state}`);
};

// The button beside one mail of the list.
async function ofOne(page, school, words) {
  const row = page.locator(".mails li", { hasText: school });
  await Promise.all([page.waitForNavigation(), row.getByRole("link", { name: words }).click()]);
}

export async function putsRightWhatDidNotArrive({ service, people }) {
  const { page } = people.plain;
  await follow(page, "Deliveries", "nav");
  await ofOne(page, "Full School", /^Try again/);
  await says(page, "Full School (full1@full.example)");
  await press(page, "Try it again");
  isTriedAgain(service, "full1@full.example");
  await follow(page, "Deliveries", "nav");
  await page.getByLabel("What happened").selectOption("mailbox-full");
  await press(page, "Show");
  await follow(page, "Try all of these again…");
  await says(page, "Try 1 mail again?");
  await press(page, "Try it again");
  isTriedAgain(service, "full2@full.example");
  await follow(page, "Deliveries", "nav");
  await ofOne(page, "Donaudampf", /^It arrived/);
  await press(page, "They arrived");
  is(stateOf(service, "unsure1@unsure.example"), "accepted", "the one that arrived");
  await follow(page, "Deliveries", "nav");
  await ofOne(page, "Turned", /^It didn't arrive/);
  await press(page, "They didn't arrive");
  is(stateOf(service, "unsure2@unsure.example"), "failed", "the one that didn't");
}

const wave = async (page) => {
  await follow(page, "No mail", "nav");
  await follow(page, "Look at it");
};
const kept = (service) => service.run("suppressions", "list", "--json").filter((one) => one.address?.startsWith("gone")).length;

export async function decidesAboutBounces({ service, people }) {
  const { page } = people.plain;
  await wave(page);
  await says(page, "gone1@gone.example");
  await press(page, /^They still work/);
  is(kept(service), 0, "kept from getting mail");
  // They are tried again, and come back again.
  await follow(page, "Deliveries", "nav");
  await page.getByLabel("Domain").fill("gone.example");
  await press(page, "Show");
  await follow(page, "Try all of these again…");
  await press(page, "Try them again");
  // A daemon looks once a minute, and when it is started.
  await service.stop();
  await service.start();
  await until("they come back", async () => {
    await follow(page, "No mail", "nav");
    return page.locator("main").getByRole("link", { name: "Look at it" }).count();
  });
  is([stateOf(service, "full1@full.example"), stateOf(service, "full2@full.example")], ["accepted", "accepted"], "what was tried again");
  await wave(page);
  await press(page, /^They are gone/);
  is(kept(service), 4, "kept from getting mail");
  await follow(page, "Take back what bounced…");
  await page.getByLabel("Since the beginning of which day?").fill("2026-11-30");
  await press(page, "Go on");
  await press(page, "Take it back");
  is(kept(service), 0, "kept from getting mail");
}

export async function letsARestoredServiceGo({ service, people }) {
  const { page } = people.plain;
  service.run("approve", String(NUMBER + 1));
  await service.stop();
  service.run("backup", "backup.db");
  service.run("restore", "backup.db");
  await service.start();
  const waits = () => service.run("status", "--json").attention.some((one) => one.includes("restored"));
  holds(waits(), "nothing says that it was restored");
  await page.goto(service.base);
  await follow(page, "Release…");
  await press(page, "Let it send again");
  holds(!waits(), "it is still held");
}

export async function sendsALateEdition({ service, people }) {
  const { page } = people.plain;
  await service.stop();
  service.now = "2026-12-18T09:00:00Z";
  await service.start();
  await signIn(service, page, "anna@example.org");
  const state = () => service.edition(NUMBER + 1).state;
  await until("it is held", () => state() === "held");
  await page.goto(service.base);
  await follow(page, "Send now…");
  await press(page, "Send edition 8");
  await says(page, "within a minute");
  await service.stop();
  await service.start();
  await until("it goes out", () => ["sending", "sent"].includes(state()));
  await page.reload();
  await press(page, "Sign out", "header");
  await page.goto(service.base);
  await says(page, "Sign in");
}
