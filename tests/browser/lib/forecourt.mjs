// The real relay with its demo dealer, as a process of its own that can be killed and started again.

import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { freePort } from './servers.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const READY_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 20_000;

export class Forecourt {
  /**
   * Starts `forecourt demo` on free ports with a data folder of its own. With `front`, visitors reach it through
   * a proxy on that port, which is the relay's public origin then.
   */
  static async start({ args = [], front } = {}) {
    if (!process.env.FORECOURT_BIN) throw new Error('FORECOURT_BIN is not set: run these tests by `cargo xtask test --only browser`');
    const relay = new Forecourt();
    relay.args = args;
    relay.front = front;
    relay.data = await mkdtemp(join(tmpdir(), 'forecourt-browser-'));
    relay.ports = [await freePort(), await freePort(), await freePort()];
    await relay.run();
    return relay;
  }

  /** Where the dealer's site is, without a slash at the end. */
  get site() {
    return `http://localhost:${this.ports[2]}`;
  }

  /** Where the relay is. */
  get origin() {
    return `http://127.0.0.1:${this.front ?? this.ports[0]}`;
  }

  /** Whom a visitor of the demo may talk to. */
  get origins() {
    return [this.site, this.origin, this.origin.replace('http', 'ws')];
  }

  /** Starts the process, on the same ports and data as before, and waits until it says where it is. */
  async run() {
    const [listen, admin, site] = this.ports.map((port) => `127.0.0.1:${port}`);
    const flags = ['demo', '--listen', listen, '--admin-listen', admin, '--site-listen', site, '--data', join(this.data, 'data')];
    const env = this.front ? { ...process.env, FORECOURT_PUBLIC_URL: this.origin } : process.env;
    this.child = spawn(process.env.FORECOURT_BIN, [...flags, ...this.args], { cwd: this.data, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
    let words = '';
    await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`forecourt demo ${why}. It said:\n${words}`));
      const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);
      const hear = (chunk) => {
        words = (words + chunk).slice(-20_000);
        if (/Dealer's site: http\S+/.test(words) && /Relay: http\S+/.test(words)) {
          clearTimeout(timer);
          resolve();
        }
      };
      this.child.stdout.on('data', hear);
      this.child.stderr.on('data', hear);
      this.child.once('error', (error) => fail(`could not be started: ${error}`));
      this.ended.then(({ code, signal }) => { clearTimeout(timer); fail(`ended with ${code ?? signal}`); });
    });
  }

  /** As a power cut does it. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to stop, and says how it ended. */
  async quit() {
    this.child.kill('SIGINT');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOPS_WITHIN_MS);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** Runs another command of the binary on the same data, while the relay is down. */
  async command(...args) {
    return promisify(execFile)(process.env.FORECOURT_BIN, [...args, '--data', join(this.data, 'data')], { cwd: this.data });
  }

  /** Puts its data aside as they are, while it is down: what a backup of the files would hold. */
  async copyData() {
    await cp(join(this.data, 'data'), join(this.data, 'copy'), { recursive: true });
  }

  /** Puts that copy in the place of the data, while it is down. */
  async putBack() {
    await rm(join(this.data, 'data'), { recursive: true });
    await cp(join(this.data, 'copy'), join(this.data, 'data'), { recursive: true });
  }

  /** Makes sure that the second dealer of the demo is known. */
  async addMeadow() {
    const known = await fetch(`${this.origin}/chat/site_meadow-motors`);
    await known.body?.cancel();
    if (known.ok) return;
    const folder = join(this.data, 'dealer2');
    await cp(join(ROOT, 'www/demo/dealer2'), folder, { recursive: true });
    const file = join(folder, 'dealer.toml');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('http://localhost:8090', this.site));
    await this.quit();
    await this.command('dealer', 'add', '--file', file);
    await this.run();
  }

  /** Ends it and removes its data. */
  async end() {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }
}

/** Where screenshots go. */
export const screenshots = join(process.env.FORECOURT_TARGET || join(ROOT, 'target'), 'screenshots');
