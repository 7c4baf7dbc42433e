// Chromium, and what a visit may not do: each page error, console error, violation of a policy and
// request to a third origin is a fault, and a test that ends with a fault has failed.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium; `CHROMIUM` names another than Debian's. */
export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });

/** The two sizes at which the looks are judged. */
export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/**
 * One visitor's browser profile.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {{origins: string[], tolerate?: RegExp[]}} rules whom it may talk to, and which console errors are expected
 * @param {object} options what Playwright's newContext takes
 */
export async function visit(browser, { origins, tolerate = [] }, options = DESKTOP) {
  const context = await browser.newContext(options);
  const faults = [];
  const requests = [];
  const messages = [];
  context.on('weberror', (error) => faults.push('page error: ' + error.error()));
  context.on('console', (message) => {
    messages.push(message.text());
    if (message.type() === 'error' && !tolerate.some((rule) => rule.test(message.text()))) {
      faults.push('console: ' + message.text());
    }
  });
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    requests.push(request.url());
    if (/^(https?|wss?):$/.test(protocol) && !origins.includes(origin)) faults.push('request to a third origin: ' + request.url());
  });
  const page = await context.newPage();
  return {
    context,
    page,
    faults,
    requests,
    messages,
    /** Ends the visit; the test fails if there was a fault. */
    async end() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** Waits until `look` returns something true, and returns it; fails with `what` after `ms`. */
export async function until(what, look, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (end < Date.now()) throw new Error('never came true: ' + what);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
