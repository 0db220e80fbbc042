// The service of a trial: its commands, and its daemon at a moment that we choose.

import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class Service {
  #daemon = null;
  #ahead = 0;

  // `url` is where people reach it, if a proxy stands in between; `library` pretends another time where SMTP is really spoken.
  constructor({ program, folder, console, library, url }) {
    const base = `http://127.0.0.1:${console}`;
    Object.assign(this, { program, folder, port: console, library, base, url: url ?? base });
    process.on("exit", () => this.#daemon?.kill("SIGKILL"));
  }

  // From now on, it is this moment for the commands; for the daemon, from its next start on.
  set now(moment) {
    this.#ahead = Math.round((new Date(moment) - Date.now()) / 1000);
  }

  get now() {
    return new Date(Date.now() + 1000 * this.#ahead);
  }

  #environment() {
    const plain = Object.entries(process.env).filter(([name]) => !name.startsWith("FORTNIGHTLY__"));
    if (!this.library) return Object.fromEntries(plain);
    return { ...Object.fromEntries(plain), LD_PRELOAD: this.library, FAKETIME: `${this.#ahead < 0 ? "" : "+"}${this.#ahead}` };
  }

  #pretending(words) {
    return this.library ? words : ["--now", this.now.toISOString(), ...words];
  }

  // Runs a command and returns what it prints, as JSON where that was asked for.
  run(...words) {
    const said = execFileSync(this.program, this.#pretending(words), { cwd: this.folder, env: this.#environment(), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return words.includes("--json") ? JSON.parse(said) : said;
  }

  // Waits for a command that may need us meanwhile, as its mail server, however it ends.
  async done(...words) {
    const command = spawn(this.program, this.#pretending(words), { cwd: this.folder, env: this.#environment(), stdio: "ignore" });
    await new Promise((over) => command.once("exit", over));
  }

  write(name, text) {
    writeFileSync(join(this.folder, name), text);
  }

  read(name) {
    return readFileSync(join(this.folder, name), "utf8");
  }

  // Adds a user; the path of the link that sets their password.
  invite(address, role, name) {
    const said = this.run("users", "add", address, "--role", role, "--name", name);
    return said.match(/\/sign-in\/link\/[a-z0-9]+/i)[0];
  }

  async start() {
    const log = openSync(join(this.folder, "log"), "a");
    this.#daemon = spawn(this.program, this.#pretending(["-v", "run"]), { cwd: this.folder, env: this.#environment(), stdio: ["ignore", log, log] });
    closeSync(log);
    await until("the daemon answers", async () => {
      if (this.#daemon.exitCode !== null) throw new Error(`the daemon ended: ${this.read("log").slice(-2000)}`);
      return (await fetch(`${this.base}/healthz`)).ok;
    });
  }

  async stop(signal = "SIGTERM") {
    const over = new Promise((done) => this.#daemon.once("exit", done));
    this.#daemon.kill(signal);
    await over;
    this.#daemon = null;
  }

  edition(number) {
    return this.run("plan", "--fortnights", "3", "--json").find((row) => row.edition === number);
  }

  // How many mails of an edition are in each state.
  mails(number) {
    return this.run("status", "--json").editions.find((row) => row.edition === number).deliveries;
  }
}

// Polls until it holds; what fails meanwhile counts as not yet.
export async function until(what, holds, seconds = 30) {
  const deadline = Date.now() + 1000 * seconds;
  let last;
  while (Date.now() < deadline) {
    try {
      last = await holds();
      if (last) return last;
    } catch (error) {
      last = error;
      if (String(error).includes("the daemon ended")) throw error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited in vain until ${what}: ${last}`);
}

export function is(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  }
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}
