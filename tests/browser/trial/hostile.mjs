// Strangers' words on every page, forms that others made, and tokens that are none of this session's.

import { everyPage, inspect } from "./inspect.mjs";
import { guarded, press, said, says, signIn } from "./people.mjs";
import { holds, is } from "./service.mjs";
import { NUMBER } from "./thursday.mjs";

export async function showsStrangersWordsAsText({ service, people }) {
  const { page, alarms } = people.anna;
  await signIn(service, page, "anna@example.org");
  const pages = await everyPage(page, service.base, inspect);
  holds(pages > 25, `only ${pages} pages were found`);
  for (const [sought, words] of [["alert(1)", '"><script>alert(1)</script>'], ["turned", "Turned"], ["donaudampfschifffahrt", "Donaudampf"]]) {
    await page.goto(`${service.base}/subscribers`);
    await page.getByLabel("Find a subscriber").fill(sought);
    await press(page, "Find");
    await says(page, words);
    await inspect(page);
  }
  is(alarms, [], "what must never happen on a page");
}

// What a page that is shown after a form looks like.
export async function refusesWhatItDidNotAskFor({ service, browser, people }) {
  const { page } = people.olive;
  const state = () => service.edition(NUMBER).state;
  is(state(), "approved", "before");
  const tokenOf = (page) => page.locator("input[name=form_token]").first().inputValue();
  const foreign = await tokenOf(people.vera.page);
  await page.goto(`${service.base}/editions/7/hold`);
  for (const token of ["", "0123", foreign]) {
    await page.goto(`${service.base}/editions/7/hold`);
    await page.locator("main input[name=form_token]").evaluate((field, token) => { if (token) field.value = token; else field.remove(); }, token);
    is((await press(page, "Hold edition 7")).status, 403, `a form with the token “${token}”`);
    await says(page, "Nothing was changed");
  }
  await inspect(page);
  // A form that was open since before someone signed in anew.
  await page.goto(`${service.base}/editions/7/hold`);
  const other = await people.olive.context.newPage();
  await other.goto(service.base);
  await press(other, "Sign out", "header");
  await signIn(service, other, "olive@example.org");
  is((await press(page, "Hold edition 7")).status, 403, "an old form");
  await says(page, "Nothing was changed");
  // Another site's form.
  await other.goto("about:blank");
  await other.setContent(`<form method="post" action="${service.base}/editions/7/hold"><input name="form_token" value="${await tokenOf(people.vera.page)}"><button>Win a prize</button></form>`);
  is((await press(other, "Win a prize", "body")).status, 403, "another site's form");
  await says(other, "That didn't come from the console");
  is(state(), "approved", "after");
  await other.close();
  await page.goto(service.base);
  const stranger = await guarded(browser);
  await stranger.page.goto(`${service.base}/editions/7`);
  await says(stranger.page, "Sign in");
  await inspect(stranger.page);
  await stranger.context.close();
}
