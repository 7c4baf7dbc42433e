// For everybody: by keyboard, by screen reader, small, dark, with forced colours, from right to left;
// and pictures of it all for people to look at, in target/screenshots.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { openRoots, seriousFaults } from './lib/axe.mjs';
import { DESKTOP, openBrowser, PHONE, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt, screenshots } from './lib/forecourt.mjs';
import { Launcher } from './lib/launcher.mjs';

let browser, relay;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), Forecourt.start()]);
  await mkdir(screenshots, { recursive: true });
});

after(async () => {
  await browser?.close();
  await relay?.end();
});

for (const [name, options] of [['light', DESKTOP], ['dark', { ...DESKTOP, colorScheme: 'dark' }], ['a phone', PHONE]]) {
  test(`axe finds nothing serious, closed and open, in ${name}`, async () => {
    const guest = await visit(browser, relay, { ...options, bypassCSP: true });
    await openRoots(guest.page);
    await guest.page.goto(relay.site + '/');
    await new Launcher(guest.page).appears();
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), []);
    const chat = await Chat.open(guest.page);
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), []);
    assert.deepEqual(await seriousFaults(chat.frame), []);
    await chat.say('What warranty do I get?');
    await chat.answers(1);
    assert.deepEqual(await seriousFaults(chat.frame), []);
    await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
    await chat.frame.getByRole('button', { name: 'Check and send' }).click();
    assert.deepEqual(await seriousFaults(chat.frame), []);
    await guest.end();
  });
}

test('the keyboard alone opens, asks, reads, closes; nothing traps it, and typed words stay', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/contact.html');
  const launcher = await new Launcher(guest.page).appears();
  const { keyboard } = guest.page;
  await keyboard.press('Shift+Tab');
  await keyboard.press('Enter');
  const chat = await Chat.opened(guest.page);
  await until('the focus is in the chat', () => chat.frame.evaluate(() => document.hasFocus() && document.activeElement !== document.body));
  await chat.box.focus();
  await keyboard.type('When are');
  await keyboard.press('Shift+Enter');
  await keyboard.type('you open?');
  assert.equal(await chat.box.inputValue(), 'When are\nyou open?');
  await keyboard.press('Enter');
  await chat.answers(1);
  await keyboard.type('kept');
  await keyboard.press('Escape');
  await until('it is closed', async () => !(await launcher.panel()).seen);
  await until('the focus is on the launcher', () => launcher.look('button', 'function () { return this.getRootNode().activeElement === this; }'));
  await keyboard.press('Enter');
  await until('it is open', async () => (await launcher.panel()).seen);
  assert.equal(await chat.box.inputValue(), 'kept');
  const inside = () => guest.page.evaluate(() => document.activeElement.localName === 'forecourt-chat');
  for (let presses = 0; presses < 60 && (await inside()); presses += 1) await keyboard.press('Tab');
  assert.equal(await inside(), false, 'Tab leaves the panel on a large screen');
  await guest.end();
});

test('at 320 pixels nothing scrolls sideways and no control is lost', async () => {
  const guest = await visit(browser, relay, { viewport: { width: 320, height: 568 } });
  await guest.page.goto(relay.site + '/');
  assert.ok(await guest.page.evaluate(() => document.documentElement.scrollWidth <= 320), 'the dealer’s page');
  const chat = await Chat.open(guest.page);
  await chat.say('Which cars do you have that are automatic?');
  await chat.answers(1);
  const wide = () => chat.frame.evaluate(() => [...document.querySelectorAll('*')].filter((element) => innerWidth + 1 < element.getBoundingClientRect().right && !element.closest('.vh, [hidden]')).map((element) => element.outerHTML.slice(0, 100)));
  assert.deepEqual(await wide(), []);
  for (const name of ['Close chat', 'Send', 'Talk to a person']) {
    const box = await chat.frame.getByRole('button', { name, exact: true }).boundingBox();
    assert.ok(box && 24 <= box.width && 24 <= box.height && 0 <= box.x && box.x + box.width <= 321 && box.y + box.height <= 569, `${name}: ${JSON.stringify(box)}`);
  }
  await chat.say('How much is the Kia e-Niro?');
  await chat.answers(2);
  const over = await chat.frame.locator('#chat').evaluate((main) => main.scrollHeight - main.clientHeight);
  assert.equal(over, 0, 'nothing hangs out below, so that nothing can scroll the heading away');
  await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
  assert.deepEqual(await wide(), []);
  await guest.page.screenshot({ path: join(screenshots, 'narrow.png') });
  await guest.end();
});

test('from right to left the words are Arabic, and so is the direction', async () => {
  const guest = await visit(browser, relay);
  await guest.page.route(relay.site + '/arabic', (route) => route.fulfill({
    contentType: 'text/html',
    body: `<!doctype html><html lang="ar" dir="rtl"><meta charset="utf-8"><title>سيارات</title><link rel="icon" href="data:,"><script async src="${relay.origin}/widget.js" data-site="site_harbour-cars" data-lang="ar"></script><body><h1>سيارات</h1></body></html>`,
  }));
  await guest.page.goto(relay.site + '/arabic');
  const launcher = await new Launcher(guest.page).appears();
  assert.ok((await launcher.box()).x < 100);
  await launcher.click();
  const frame = await launcher.frame();
  await frame.locator('textarea').waitFor();
  assert.deepEqual(await frame.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ['ar', 'rtl']);
  await frame.locator('#greeting').waitFor();
  assert.equal(await frame.locator('textarea').evaluate((box) => getComputedStyle(box).direction), 'rtl', 'while it is empty');
  await frame.locator('textarea').fill('Hello');
  assert.equal(await frame.locator('textarea').evaluate((box) => getComputedStyle(box).direction), 'ltr', 'as its words have it');
  await frame.locator('textarea').fill('');
  assert.ok(!/[A-Za-z]{3} /.test((await frame.locator('#transcript').innerText()).replaceAll('Harbour Cars', '')), 'no English between');
  await guest.page.screenshot({ path: join(screenshots, 'arabic.png') });
  await guest.end();
});

const LOOKS = {
  desktop: DESKTOP,
  'desktop-dark': { ...DESKTOP, colorScheme: 'dark' },
  'desktop-forced-colours': { ...DESKTOP, forcedColors: 'active' },
  phone: PHONE,
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
};

for (const [name, options] of Object.entries(LOOKS)) {
  test(`pictures of ${name}`, async () => {
    const guest = await visit(browser, relay, options);
    const shoot = (what) => guest.page.screenshot({ path: join(screenshots, `${name}-${what}.png`) });
    await guest.page.goto(relay.site + '/');
    await new Launcher(guest.page).appears();
    await shoot('closed');
    const chat = await Chat.open(guest.page);
    await chat.frame.getByText('Which automatic cars').waitFor();
    await shoot('opened');
    await chat.say('How much is the Kia e-Niro?');
    await chat.answers(1);
    await chat.say('Do you take part exchange?');
    await chat.answers(2);
    await shoot('answered');
    await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
    await chat.frame.getByRole('button', { name: 'Check and send' }).waitFor();
    await shoot('person');
    await guest.end();
  });
}
