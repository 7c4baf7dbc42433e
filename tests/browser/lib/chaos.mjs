// The chaos proxy as a process: it stands before the relay and does to connections what the test says.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class ChaosProxy {
  /** Starts it on `port` before what listens, or will listen, on `target`. */
  static async start(port, target) {
    if (!process.env.CHAOSPROXY_BIN) throw new Error('CHAOSPROXY_BIN is not set: run these tests by `cargo xtask test --only browser`');
    const proxy = new ChaosProxy();
    const flags = ['--listen', `127.0.0.1:${port}`, '--target', `127.0.0.1:${target}`];
    proxy.child = spawn(process.env.CHAOSPROXY_BIN, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
    proxy.lines = createInterface({ input: proxy.child.stdout })[Symbol.asyncIterator]();
    await proxy.lines.next();
    return proxy;
  }

  /** Tells it something, as `tests/src/chaos/plan.rs` has it; answers how things stand. */
  async order(order) {
    this.child.stdin.write(JSON.stringify(order) + '\n');
    const standing = JSON.parse((await this.lines.next()).value);
    if (standing.problem) throw new Error(standing.problem);
    return standing;
  }

  /** A blow for all connections that are open. */
  now(blow) {
    return this.order({ now: blow });
  }

  /** How things stand: what is open, what came, how many blows fell by plan. */
  look() {
    return this.order('look');
  }

  /** Lets everything through again, and connections come. */
  async calm() {
    await this.order({ refuse: false });
    await this.order({ usually: {} });
    return this.now('heal');
  }

  async end() {
    this.child.stdin.end();
    await new Promise((resolve) => (this.child.exitCode === null ? this.child.once('exit', resolve) : resolve()));
  }
}
