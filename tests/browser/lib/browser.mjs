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

// What is off, in place of Playwright's own list (Chromium heeds the last one). Pages that a test makes up
// have no address: for Chromium they come from the wide web, from which loopback may not be asked without leave.
const OFF = [
  'LocalNetworkAccessChecks',
  'LocalNetworkAccessChecksWebSockets',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
];
// Playwright turns this off too. Then a frame of another site has no storage at all in a fresh profile, while
// a visitor's browser gives it storage of its own under each site.
const PARTITIONS = 'ThirdPartyStoragePartitioning';
const WAIT_MS = 10_000;

/**
 * Starts Chromium; `CHROMIUM` names another than Debian's.
 *
 * @param {{deniesStorage?: boolean}} options whether frames of other sites may store nothing
 */
export const openBrowser = ({ deniesStorage = false } = {}) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [...FLAGS, '--disable-features=' + (deniesStorage ? [...OFF, PARTITIONS] : OFF).join()],
  });

/**
 * The two sizes at which the looks are judged. The phone has one pixel per point: with two, Chromium's
 * emulation now and then halves where the mouse is in a frame of another site.
 */
export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * One visitor's browser profile.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {{origins: string[], tolerate?: RegExp[]}} rules whom it may talk to, and which console errors are expected
 * @param {object} options what Playwright's newContext takes
 */
export async function visit(browser, { origins, tolerate = [] }, options = DESKTOP) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(WAIT_MS);
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
export async function until(what, look, ms = WAIT_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (end < Date.now()) throw new Error('never came true: ' + what);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
