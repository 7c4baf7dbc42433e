// What the launcher and its panel look like: on a phone, in other languages and colours, beside the page's own focus.

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

test('a page can put the launcher lower in its stack', async () => {
  const guest = await arrive({ page: { head: '<style>:root { --forecourt-z: 7 }</style>' } });
  assert.equal(await guest.page.locator('forecourt-chat').evaluate((host) => getComputedStyle(host).zIndex), '7');
  await guest.end();
});

test('words, side and colours follow the tag, the language and the direction of the page', async () => {
  const arabic = await arrive({ page: { html: 'lang="ar" dir="rtl"' } });
  assert.ok((await arabic.launcher.box()).x < 100, 'at the end of the line, which is left');
  assert.equal((await arabic.launcher.spoken()).name, 'الدردشة مع مساعد الذكاء الاصطناعي');
  await arabic.end();
  const german = await arrive({ snippet: tag('data-lang="de-AT" data-position="left" data-offset-bottom="120" data-label="Frag uns" data-color="#ffd37a" data-text-color="#ffffff"') });
  const box = await german.launcher.box();
  assert.ok(box.x < 100 && Math.abs(800 - 120 - box.y - box.height) < 1, JSON.stringify(box));
  assert.equal((await german.launcher.spoken()).name, 'Frag uns, Chat mit unserem KI-Assistenten');
  const colours = await german.launcher.look('button', 'function () { const s = getComputedStyle(this); return [s.backgroundColor, s.color]; }');
  assert.deepEqual(colours, ['rgb(255, 211, 122)', 'rgb(0, 0, 0)'], 'white on yellow cannot be read, so it is black');
  await open(german);
  assert.ok((await german.launcher.frame()).url().endsWith('?lang=de-AT'));
  await german.end();
});

test('what has the focus in the page is not hidden by the launcher or the panel', async () => {
  const corner = '<button style="position:fixed;right:30px;bottom:30px;width:30px;height:30px" id="under">x</button><button style="position:fixed;right:60px;bottom:300px" id="behind">y</button>';
  const guest = await arrive({ page: { body: corner } });
  const faded = (selector) => guest.launcher.look(selector, 'function () { return getComputedStyle(this).opacity; }');
  await guest.page.locator('#under').focus();
  await until('the launcher fades', async () => (await faded('button')) === '0.1');
  await guest.page.locator('main button').first().focus();
  await until('it comes back', async () => (await faded('button')) === '1');
  await open(guest);
  await guest.page.locator('#behind').focus();
  await until('the panel fades', async () => (await faded('#panel')) === '0.1');
  await guest.page.evaluate(() => document.activeElement.blur());
  await until('it comes back', async () => (await faded('#panel')) === '1');
  await guest.end();
});

test('forced colours keep the launcher and the panel visible', async () => {
  const guest = await arrive({ options: { viewport: { width: 1280, height: 800 }, forcedColors: 'active' } });
  const [border, icon] = await guest.launcher.look('button', `function () {
    const s = getComputedStyle(this);
    return [s.borderTopWidth + ' ' + s.borderTopStyle, getComputedStyle(this.querySelector('i')).borderTopColor !== s.backgroundColor];
  }`);
  assert.deepEqual([border, icon], ['2px solid', true]);
  await guest.end();
});
