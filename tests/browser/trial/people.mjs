// People at the console: a browser each, and how they sign in, follow links and press buttons.

import { holds } from "./service.mjs";

export const password = "kettle daisy fox parade";

// Everything that must never happen on a page: a dialog, a script of a stranger's, something that the policy forbids.
export async function guarded(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 800 }, deviceScaleFactor: 1, ...options });
  const alarms = [];
  context.on("page", (page) => {
    page.on("dialog", (dialog) => {
      alarms.push(`dialog at ${page.url()}: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("pageerror", (error) => alarms.push(`script at ${page.url()}: ${error}`));
    page.on("console", (message) => {
      const text = message.text();
      // A page that is refused is told to the console as well, and so is a stream that ended with its session.
      const isKnown = text.startsWith("Failed to load resource") || text.startsWith("EventSource's response has a MIME type");
      if (message.type() === "error" && !isKnown) alarms.push(`${page.url()}: ${text}`);
    });
  });
  context.setDefaultTimeout(10_000);
  return { context, alarms, page: await context.newPage() };
}

// Someone who has chosen a password, in a browser of their own.
export async function signedUp(service, browser, [address, role, name], options) {
  const link = service.invite(address, role, name);
  const person = await guarded(browser, options);
  await person.page.goto(service.url + link);
  await person.page.getByLabel("New password").fill(password);
  await press(person.page, "Set the password and sign in");
  return person;
}

export async function signIn(service, page, address) {
  await page.goto(`${service.url}/sign-in`);
  await page.getByLabel("Your email address").fill(address);
  await page.getByLabel("Password").fill(password);
  await press(page, "Sign in");
}

// Follows a link of the page, by its words.
export async function follow(page, words, inside = "main") {
  const link = page.locator(inside).getByRole("link", { name: words, exact: typeof words === "string" }).first();
  const [answer] = await Promise.all([page.waitForNavigation(), link.click()]);
  return answer;
}

// Presses a button, fields filled in before; what the next page says of it.
export async function press(page, words, inside = "main") {
  const button = page.locator(inside).getByRole("button", { name: words, exact: typeof words === "string" }).first();
  const [answer] = await Promise.all([page.waitForNavigation(), button.click()]);
  return { status: answer.status(), said: await said(page) };
}

// What came of the last decision.
export async function said(page) {
  const place = page.locator(".said");
  return (await place.count()) ? (await place.innerText()).trim() : "";
}

export async function says(page, words) {
  const text = await page.innerText("body");
  holds(words instanceof RegExp ? words.test(text) : text.includes(words), `no “${words}” at ${page.url()}:\n${text}`);
}
