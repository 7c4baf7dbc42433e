// The one script tag on a phone: the chat covers the page only when it is asked to, and there is always a way out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PHONE, until } from './lib/browser.mjs';
import { setStage } from './lib/stage.mjs';

let tag, arrive, open, strike;

before(async () => {
  ({ tag, arrive, open, strike } = await setStage());
});

after(() => strike?.());

test('on a phone the chat fills the screen, holds the page behind it, and lets it go again', async () => {
  const guest = await arrive({ options: PHONE });
  await guest.page.evaluate(() => (document.documentElement.style.overflow = 'scroll'));
  const frame = await open(guest);
  await until('it is full', async () => (await guest.launcher.panel()).width === 390);
  const panel = await guest.launcher.panel();
  assert.deepEqual([panel.x, panel.y, panel.height, panel.modal], [0, 0, 844, 'true']);
  assert.equal(await guest.page.evaluate(() => document.body.inert), true);
  assert.equal((await guest.launcher.box()).width, 0, 'the launcher makes room');
  assert.equal(await guest.page.evaluate(() => getComputedStyle(document.documentElement).overflowY), 'hidden');
  await guest.page.setViewportSize({ width: 844, height: 390 });
  await until('it fills the screen on its side too', async () => (await guest.launcher.panel()).width === 844);
  await frame.evaluate(() => window.say({ type: 'close' }));
  await until('it is closed', async () => !(await guest.launcher.panel()).seen);
  assert.deepEqual(await guest.page.evaluate(() => [document.body.inert, document.documentElement.style.overflow]), [false, 'scroll']);
  await guest.end();
});

test('on a phone the way out is there while the chat still loads', async () => {
  const guest = await arrive({ snippet: tag('', 'site_mute'), options: PHONE, prepare: ({ page }) => page.clock.install() });
  await guest.launcher.click();
  await until('it is full', async () => (await guest.launcher.panel()).width === 390);
  const above = await guest.launcher.look('button', `function () {
    const r = this.getBoundingClientRect();
    return this.getRootNode().elementFromPoint(r.x + r.width / 2, r.y + r.height / 2).closest('button') === this;
  }`);
  assert.ok(above, 'the launcher lies above the panel');
  await guest.launcher.click();
  await until('it is closed', async () => !(await guest.launcher.panel()).seen);
  assert.equal(await guest.page.evaluate(() => document.body.inert), false);
  await guest.end();
});

test('on a phone the chat comes neither by itself on the next page nor on the way back', async () => {
  const guest = await arrive({ options: PHONE });
  await open(guest);
  await guest.page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await until('it is closed', async () => !(await guest.launcher.panel()).seen);
  await guest.page.evaluate(() => {
    sessionStorage['fc:open'] = 1;
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  assert.equal((await guest.launcher.panel()).seen, false);
  await guest.page.reload();
  await guest.launcher.appears();
  assert.equal((await guest.launcher.panel()).seen, false);
  await guest.end();
});
