// The demo dealer's site: each page can be used by everybody, its links lead somewhere, and what its
// documents say is what its pages say.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { openRoots, seriousFaults } from './lib/axe.mjs';
import { openBrowser, until, visit } from './lib/browser.mjs';
import { Launcher } from './lib/launcher.mjs';
import { demoSite, fakeRelay } from './lib/servers.mjs';

const DEMO = new URL('../../www/demo/', import.meta.url);

let browser, relay, site, cars;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), fakeRelay()]);
  site = await demoSite(relay);
  cars = (await readdir(new URL('cars/', DEMO))).filter((name) => name.endsWith('.html'));
});

after(async () => {
  await browser?.close();
  await Promise.all([relay?.stop(), site?.stop()]);
});

const arrive = async (path, options) => {
  const guest = await visit(browser, { origins: [site.origin, relay.origin] }, options);
  await openRoots(guest.page);
  await guest.page.goto(site.origin + path);
  return guest;
};

test('axe finds nothing serious on any page, with the chat closed and open', async () => {
  for (const path of ['/', '/contact.html', '/privacy.html', '/meadow.html', '/cars/' + cars[0]]) {
    const guest = await arrive(path, { viewport: { width: 1280, height: 800 }, bypassCSP: true });
    const launcher = await new Launcher(guest.page).appears();
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), [], path);
    await launcher.click();
    await until('it is open', async () => (await launcher.panel()).seen);
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), [], path + ', open');
    await guest.end();
  }
});

test('no page scrolls sideways at 320 pixels', async () => {
  for (const path of ['/', '/contact.html', '/privacy.html', ...cars.map((name) => '/cars/' + name)]) {
    const guest = await arrive(path, { viewport: { width: 320, height: 568 } });
    assert.equal(await guest.page.evaluate(() => document.documentElement.scrollWidth), 320, path);
    await guest.end();
  }
});

test('each link and each picture leads somewhere', async () => {
  const seen = new Set();
  const guest = await arrive('/');
  const waiting = [site.origin + '/', site.origin + '/hostile.html', site.origin + '/meadow.html'];
  while (waiting.length) {
    const url = waiting.pop().split('#')[0];
    if (seen.has(url)) continue;
    seen.add(url);
    const response = await guest.context.request.get(url);
    assert.equal(response.status(), 200, url);
    if (!response.headers()['content-type'].startsWith('text/html')) continue;
    const found = (await response.text()).matchAll(/(?:href|src)="([^"]+)"/g);
    for (const [, address] of found) {
      const target = new URL(address, url);
      if (target.origin === site.origin) waiting.push(target.href);
    }
  }
  assert.ok(25 <= seen.size, [...seen].join());
  await guest.end();
});

test('the documents and the pages name the same ten cars at the same prices', async () => {
  const documents = await readFile(new URL('dealer/documents/cars.md', DEMO), 'utf8');
  const index = await readFile(new URL('index.html', DEMO), 'utf8');
  assert.equal(cars.length, 10);
  for (const name of cars) {
    const page = await readFile(new URL('cars/' + name, DEMO), 'utf8');
    const [price] = page.match(/£\d\d,\d{3}/);
    const [stock] = page.match(/HC-\d{4}/);
    const section = documents.split('\n## ').find((part) => part.includes(stock));
    assert.ok(section?.includes(price) && section.includes('cars/' + name), `${name} in the documents`);
    assert.ok(index.includes(`cars/${name}"`) && index.includes(price), `${name} on the first page`);
  }
});

test('the hostile page shows a launcher that works', async () => {
  const guest = await visit(browser, { origins: [site.origin, relay.origin] });
  await guest.page.goto(site.origin + '/hostile.html');
  const launcher = await new Launcher(guest.page).appears();
  await launcher.click();
  const frame = await launcher.frame();
  await frame.waitForFunction(() => window.said?.includes('shown'));
  const panel = await launcher.panel();
  assert.ok(panel.seen && panel.opacity === '1', JSON.stringify(panel));
  await guest.end();
});
