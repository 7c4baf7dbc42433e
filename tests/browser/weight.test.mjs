// What goes over the wire, held against the budgets of wasm-pack.toml.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { DESKTOP, openBrowser, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { Launcher } from './lib/launcher.mjs';

let browser, relay, budgets;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), Forecourt.start()]);
  budgets = await readFile(new URL('../../wasm-pack.toml', import.meta.url), 'utf8');
});

after(async () => {
  await browser?.close();
  await relay?.end();
});

/** A number of wasm-pack.toml, as it stands in its table. */
function budget(table, name) {
  const [, rest] = budgets.split(`\n[budget.${table}]\n`);
  const found = new RegExp(`^${name} = (\\d+)$`, 'm').exec(rest.split('\n[')[0]);
  return Number(found[1]);
}

/** What the browser itself counted of some requests: bodies as they came, and all with their heads. */
async function weigh(requests) {
  const parts = await Promise.all(requests.map(async (request) => {
    const { responseBodySize, responseHeadersSize } = await request.sizes();
    const encoding = (await request.response()).headers()['content-encoding'];
    return { path: new URL(request.url()).pathname, body: responseBodySize, head: responseHeadersSize, encoding };
  }));
  return { parts, bodies: parts.reduce((sum, { body }) => sum + body, 0) };
}

/** What the relay is asked for from now on. */
function asked(guest) {
  const requests = [];
  guest.context.on('request', (request) => request.url().startsWith(relay.origin) && requests.push(request));
  return requests;
}

/** Fails where these requests are more, larger or less compressed than the budget allows. */
async function within(requests) {
  const { parts, bodies } = await weigh(requests);
  const said = `${bodies} B: ${JSON.stringify(parts)}`;
  assert.ok(parts.every(({ encoding }) => encoding), `all is compressed: ${said}`);
  assert.equal(parts.length, budget('wire', 'requests'), said);
  assert.ok(0 < bodies && bodies <= budget('wire', 'bytes'), said);
}

test('until the visitor acts the page pays the loader, as it is sent', async () => {
  const guest = await visit(browser, relay);
  const requests = asked(guest);
  await guest.page.goto(relay.site + '/');
  await new Launcher(guest.page).appears();
  const { parts: [{ path, encoding, body }, ...more] } = await weigh(requests);
  assert.deepEqual([path, encoding, more], ['/widget.js', 'br', []]);
  assert.ok(0 < body && body <= budget('loader', 'brotli_bytes'), `${body} B`);
  await guest.end();
});

test('from the click to the ready chat a visitor pays what the budget allows', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  await new Launcher(guest.page).appears();
  const requests = asked(guest);
  await Chat.open(guest.page);
  await within(requests);
  await guest.end();
});

for (const locale of ['de-DE', 'ar']) {
  test(`in another language it is no more (${locale})`, async () => {
    const guest = await visit(browser, relay, { ...DESKTOP, locale });
    const requests = asked(guest);
    await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
    await guest.page.locator('#draft').waitFor();
    await within(requests);
    await guest.end();
  });
}
