// Without scripts: every action is clicked, and what came of it is read back with the commands.

import { createHmac } from "node:crypto";
import { follow, guarded, press, said, says, signIn } from "./people.mjs";
import { holds, is } from "./service.mjs";
import { NUMBER } from "./thursday.mjs";

const told = async (page, pressed, words) => {
  const text = (await pressed).said;
  holds(words instanceof RegExp ? words.test(text) : text.includes(words), `“${words}” isn't said at ${page.url()}, but “${text}”: ${(await page.innerText("main")).slice(0, 300)}`);
};

export async function decidesWithoutScripts({ service, people }) {
  const { page } = people.plain;
  const state = () => service.edition(NUMBER).state;
  await follow(page, "Look at it");
  await follow(page, "Withdraw…");
  await told(page, press(page, "Withdraw edition 7"), "Nobody gets any activities");
  is(state(), "withdrawn", "withdrawn");
  await follow(page, "Bring it back…");
  await told(page, press(page, "Bring edition 7 back"), "7");
  is(state(), "planned", "brought back");

  await follow(page, /^Swap the activity for Ages 4 to 5/);
  const before = await page.locator("select").inputValue();
  const other = await page.$$eval("option", (all) => all.map((one) => one.value));
  const wanted = other.find((id) => id !== before);
  await page.selectOption("select", wanted);
  await told(page, press(page, "Swap it"), /Ages 4 to 5|4-5/);
  is(service.edition(NUMBER).activities.find((one) => one.band === "4-5").id, wanted, "swapped");

  await follow(page, /^Withdraw “/);
  await says(page, "It won't be picked again");
  await told(page, press(page, "Withdraw this activity"), "is withdrawn");
  holds(service.edition(NUMBER).activities.find((one) => one.band === "4-5").id !== wanted, "withdrawn");
  await page.goto(`${service.base}/editions/${NUMBER}`);

  await follow(page, "Approve…");
  await told(page, press(page, "Approve edition 7"), "is approved now");
  is(state(), "approved", "approved");
  await follow(page, "Hold…");
  await page.getByLabel("Why?").fill("<b>not</b> yet");
  await told(page, press(page, "Hold edition 7"), "is held now");
  is([state(), service.edition(NUMBER).reason], ["held", "an operator held it: <b>not</b> yet"], "held");
  await follow(page, "Release…");
  await told(page, press(page, "Release edition 7"), "approved");
  is(state(), "approved", "released");

  await follow(page, "Send a test copy…");
  await page.getByLabel("To which address?").fill("copy@example.org");
  await told(page, press(page, "Send the test copy"), "copy@example.org");
}

export async function looksAfterSubscribersWithoutScripts({ service, people }) {
  const { page } = people.plain;
  const shown = (who) => service.run("subscribers", "show", who, "--json");
  await follow(page, "Subscribers", "nav");
  await follow(page, "Add a subscriber…");
  await page.getByLabel("Organisation").fill("Fen <b>School</b>");
  await page.getByLabel("Address", { exact: true }).fill("a@fen.example");
  await page.getByLabel("Ages 4 to 5").check();
  await told(page, press(page, "Add it"), "Fen <b>School</b>");
  is(shown("a@fen.example").mailboxes[0].bands, ["4-5"], "added");

  await follow(page, "Change it…");
  await page.getByLabel("Organisation").fill("Fen Academy");
  await page.getByLabel("Ages 8 to 10").check();
  await told(page, press(page, "Change it"), "Fen Academy");
  is([shown("a@fen.example").name, shown("a@fen.example").mailboxes[0].bands], ["Fen Academy", ["4-5", "8-10"]], "changed");

  await follow(page, "Change the address…");
  await page.getByLabel("Address", { exact: true }).or(page.getByLabel("New address")).first().fill("b@fen.example");
  await told(page, press(page, "Change the address"), "b@fen.example");
  is(shown("b@fen.example").name, "Fen Academy", "moved");

  await follow(page, "Unsubscribe…");
  await told(page, press(page, "Unsubscribe it"), "gets nothing more");
  is(shown("b@fen.example").mailboxes[0].suppressed, "unsubscribed", "unsubscribed");

  await follow(page, "Erase…");
  await told(page, press(page, "Erase it for good"), "erased");
  holds(service.run("subscribers", "erase", "b@fen.example").includes("was erased before"), "erased");

  await follow(page, "Subscribers", "nav");
  await follow(page, "Import a list…");
  const rows = "name,sector,email,bands,ages,locale,urn\nVale,school,a@vale.example,4-5,,,\nBad,school,no address,4-5,,,\n";
  await page.getByLabel("A file").setInputFiles({ name: "<img src=x onerror=alert(9)>.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
  await press(page, "See what it would change");
  await says(page, "Nothing has been changed yet");
  await told(page, press(page, /^Import/), "1 mailbox was added");
  is(shown("a@vale.example").name, "Vale", "imported");

  await follow(page, "Download the list…");
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("main").getByRole("button", { name: "Download it" }).click()]);
  const list = await file.createReadStream().then((stream) => new Response(stream).text());
  holds(list.includes("a@vale.example"), "the list lacks a subscriber");

  await follow(page, "No mail", "nav");
  await follow(page, "Never mail an address again…");
  await page.getByLabel("Email address").fill("a@vale.example");
  await told(page, press(page, "Never mail it again"), "gets no more mail");
  const kept = () => service.run("suppressions", "list", "--json").some((one) => one.address === "a@vale.example");
  holds(kept(), "it isn't kept from getting mail");
  await page.getByLabel("Does an address get mail?").fill("a@vale.example");
  await press(page, "Look it up");
  await told(page, press(page, /again/), "may get mail again");
  holds(!kept(), "it is still kept from getting mail");
}

export async function looksAfterUsersWithoutScripts({ service, people }) {
  const { page } = people.plain;
  const user = () => service.run("users", "list", "--json").find((one) => one.address === "new@example.org");
  await follow(page, "Users", "nav");
  await page.getByLabel("Email address").fill("new@example.org");
  await page.getByLabel("Name").fill("Newton");
  await press(page, "Add them and show the link");
  const link = await page.getByLabel("The link").inputValue();
  holds(link.includes("/sign-in/link/") && user().role === "viewer", "added");
  await follow(page, "Go back to the users");
  await follow(page, "Role of Newton");
  await page.getByLabel("Role").selectOption("editor");
  await told(page, press(page, "Change the role"), "editor");
  is(user().role, "editor", "role");
  await follow(page, "New link for Newton");
  await press(page, "Make a new link");
  const newer = await page.getByLabel("The link").inputValue();
  holds(newer !== link, "the link is the old one");
  is((await fetch(link.replace(/^https?:\/\/[^/]+/, service.base))).status, 404, "the old link");
  await follow(page, "Go back to the users");
  await follow(page, "Remove Newton");
  await told(page, press(page, "Remove Newton"), "signed out everywhere");
  is(user(), undefined, "removed");
}

export async function endsSessionsAndSetsCodesWithoutScripts({ service, browser, people }) {
  const { page } = people.plain;
  await follow(page, "Your account", "header");
  await follow(page, "Set this up");
  const secret = await page.locator("code").innerText();
  await page.getByLabel("Code").fill(code(secret, service.now));
  await press(page, "Ask for codes from now on");
  const codes = () => service.run("users", "list", "--json").find((one) => one.address === "anna@example.org").codes;
  is(codes(), true, "codes");
  // Another machine needs one, too.
  const other = await guarded(browser, { javaScriptEnabled: false });
  await signIn(service, other.page, "anna@example.org");
  await says(other.page, "six-digit code");
  await page.getByLabel("Code", { exact: true }).fill(code(secret, new Date(service.now.getTime() + 30_000)));
  await press(page, "Don’t ask for codes any more");
  is(codes(), false, "no codes");

  await signIn(service, other.page, "anna@example.org");
  await says(other.page, "Edition 7");
  await other.page.goto(`${service.base}/editions/7/hold`);
  await page.reload();
  const here = page.locator("li", { hasText: "Another browser" }).first();
  await Promise.all([page.waitForNavigation(), here.getByRole("button", { name: "Sign it out" }).click()]);
  // The next click there leads to the door, and the form that was open changes nothing; it says so.
  await other.page.getByRole("button", { name: "Hold edition 7" }).click();
  await other.page.waitForLoadState();
  await says(other.page, "Sign in");
  await says(other.page, /nothing was changed/i);
  is(service.edition(NUMBER).state, "approved", "the edition");
  await signIn(service, other.page, "anna@example.org");
  await page.reload();
  await press(page, "Sign out everywhere but here");
  await other.page.reload();
  await says(other.page, "Sign in");
  await page.goto(service.base);
  await says(page, "Edition 7");
  await other.context.close();
}

// RFC 6238, six digits, half a minute.
function code(secret, moment) {
  const bits = [...secret.replaceAll(/[\s=]/g, "").toUpperCase()].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(moment.getTime() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
