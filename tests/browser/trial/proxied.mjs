// Behind nginx, with https: people come by its address alone, and where they come from is what nginx says.

import { request } from "node:https";
import { follow, guarded, password, press, said, says } from "./people.mjs";
import { holds, is, until } from "./service.mjs";

const DUE = "2026-11-30T08:00:00Z";
const RECIPIENTS = 300;

// A request over https from any address of this machine, with any headers.
function ask(service, path, { from = "127.0.0.1", method = "GET", headers = {}, body = "" } = {}) {
  const { hostname, port, host } = new URL(service.url);
  const options = {
    host: "127.0.0.1", port, path, method, localAddress: from, servername: hostname, rejectUnauthorized: false, agent: false,
    headers: { Host: host, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body), ...headers },
  };
  return new Promise((done, fail) => {
    const asked = request(options, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
    });
    asked.on("error", fail);
    asked.end(body);
  });
}

const below = (service, path) => new URL(service.url).pathname.replace(/\/$/, "") + path;

async function isClosedUntilThereAreUsers({ service, browser, ...trial }) {
  service.now = "2026-11-30T07:59:00Z";
  const rows = Array.from({ length: RECIPIENTS }, (_, n) => `School ${n},school,s${n}@school.example,4-5,,,`);
  service.write("list.csv", `name,sector,email,bands,ages,locale,urn\n${rows.join("\n")}\n`);
  service.run("subscribers", "import", "list.csv");
  await service.start();
  for (const path of ["/", "/sign-in"]) {
    const answer = await ask(service, below(service, path));
    is(answer.status, 403, `${path} without users`);
    holds(answer.text.includes("not through a proxy"), answer.text);
  }
  for (const path of ["/metrics", "/readyz", "/healthz"]) is((await ask(service, below(service, path))).status, 404, path);
}

async function decidesAndImports(trial) {
  const { service, browser } = trial;
  trial.anna = await guarded(browser, { ignoreHTTPSErrors: true });
  const { page } = trial.anna;
  await page.goto(service.url + service.invite("anna@example.org", "admin", "Anna"));
  await page.getByLabel("New password").fill(password);
  await press(page, "Set the password and sign in");
  await says(page, "Edition 7 goes out on");
  holds(page.url().startsWith(service.url), `it led to ${page.url()}`);
  const [cookie] = await trial.anna.context.cookies();
  is([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite], ["__Host-fortnightly_session", true, true, "Lax"], "the cookie");
  await follow(page, "Hold it…");
  await press(page, "Hold edition 7");
  is(service.edition(7).state, "held", "held");
  await follow(page, "Release…");
  await press(page, "Release edition 7");
  await follow(page, "Subscribers", "nav");
  await follow(page, "Import a list…");
  // More than nginx takes unless it is told.
  const rows = Array.from({ length: 9_000 }, (_, n) => `A school with ${"quite ".repeat(18)}a long name ${n},school,x${n}@elsewhere.example,4-5,,,`);
  await page.getByLabel("A file").setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(`name,sector,email,bands,ages,locale,urn\n${rows.join("\n")}\n`) });
  await press(page, "See what it would change");
  await says(page, "9,000");
  is(trial.anna.alarms, [], "what must never happen on a page");
}

async function showsFiguresThatMove(trial) {
  const { service } = trial;
  const { page } = trial.anna;
  await service.stop();
  service.now = DUE;
  await service.start();
  await page.goto(`${service.url}/`);
  await page.getByText("Edition 7 is being sent").waitFor({ timeout: 20_000 });
  const settled = () => page.locator('[data-figure="7.settled"]').first().innerText().then((text) => Number(text.replaceAll(",", "")));
  const moves = async () => {
    const before = await settled();
    await until("the figures move", async () => (await settled()) > before);
  };
  await moves();
  // While the service is started anew, nginx answers in its place.
  await service.stop();
  await until("nginx says that nobody is there", async () => (await ask(service, below(service, "/"))).status === 502);
  await new Promise((done) => setTimeout(done, 4_000));
  service.now = new Date(service.now.getTime() + 1000).toISOString();
  await service.start();
  await moves();
}

async function refusesOtherNamesAndOrigins({ service }) {
  const own = new URL(service.url);
  is((await ask(service, below(service, "/"), { headers: { Host: "evil.example" } })).status, 421, "another name");
  const post = (headers) => ask(service, below(service, "/sign-in"), { method: "POST", headers, body: "address=a@example.org&password=x" });
  is((await post({ Origin: "https://evil.example" })).status, 403, "another site's form");
  is((await post({ Origin: `http://${own.host}` })).status, 403, "a form without TLS");
  is((await post({ Origin: own.origin })).status, 401, "our own form");
}

// What someone says about where they come from counts for nothing.
async function knowsWhereSomeoneComesFrom(trial) {
  const { service } = trial;
  const origin = new URL(service.url).origin;
  const signIn = (address, word, from, forged) => {
    const body = new URLSearchParams({ address, password: word }).toString();
    return ask(service, below(service, "/sign-in"), { method: "POST", from, body, headers: { Origin: origin, "X-Forwarded-For": forged } });
  };
  is((await signIn("anna@example.org", password, "127.7.7.7", "203.0.113.9")).status, 303, "signs in");
  const { page } = trial.anna;
  await page.goto(`${service.url}/account`);
  await says(page, "127.7.7.0/24");
  holds(!(await page.innerText("main")).includes("203.0.113"), "a forged address was believed");
  let last = 0;
  for (let n = 0; n < 40 && last !== 429; n += 1) last = (await signIn(`guess${n}@example.org`, "wrong wrong wrong", "127.8.8.8", `198.51.${n}.7`)).status;
  is(last, 429, "guesses from one network, each with another forged address");
  is((await signIn("anna@example.org", password, "127.9.9.9", "127.8.8.8")).status, 303, "someone from elsewhere");
}

export const steps = [isClosedUntilThereAreUsers, decidesAndImports, showsFiguresThatMove, refusesOtherNamesAndOrigins, knowsWhereSomeoneComesFrom];
