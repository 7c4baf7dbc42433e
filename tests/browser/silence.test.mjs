// What is not done: no request, no storage and no typed word before the visitor decides so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { Chat, listenToSockets } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { Launcher } from './lib/launcher.mjs';

let browser, relay;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), Forecourt.start()]);
});

after(async () => {
  await browser?.close();
  await relay?.end();
});

const stored = (frame) => frame.evaluate(async () => ({
  cookies: document.cookie,
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).length,
}));

// Nothing may come later, either: no timer of the loader's asks or stores anything.
const A_WHILE_MS = 60_000;

const NOTHING = { cookies: '', local: [], session: [], databases: 0 };

test('before the visitor acts the relay is asked for the loader and nothing else, and nothing is stored', async () => {
  const guest = await visit(browser, relay);
  await guest.page.clock.install();
  await guest.page.goto(relay.site + '/');
  await new Launcher(guest.page).appears();
  await guest.page.mouse.wheel(0, 900);
  await guest.page.keyboard.press('Tab');
  await guest.page.clock.runFor(A_WHILE_MS);
  assert.deepEqual(guest.requests.filter((url) => url.startsWith(relay.origin)), [relay.origin + '/widget.js']);
  assert.deepEqual(await stored(guest.page), NOTHING);
  assert.deepEqual(await guest.context.cookies(), []);
  await guest.end();
});

test('opening stores one word in the page and nothing in the frame; the token comes with the first message', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  assert.deepEqual(await stored(guest.page), { ...NOTHING, session: ['fc:open'] });
  assert.deepEqual(await stored(chat.frame), NOTHING);
  await chat.say('When are you open?');
  await chat.answers(1);
  const { session, ...rest } = await stored(chat.frame);
  assert.ok(session.includes('fc:session') && session.every((key) => key.startsWith('fc:')), session.join());
  assert.deepEqual(rest, { cookies: '', local: [], databases: 0 });
  assert.deepEqual(await guest.context.cookies(), []);
  assert.ok(guest.requests.every((url) => !url.includes('tok_')), 'no token in a URL');
  await guest.end();
});

test('what is typed is not sent before it is sent', async () => {
  const guest = await visit(browser, relay);
  const sent = listenToSockets(guest.page);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  await until('hello was said', () => sent.length);
  await chat.box.pressSequentially('my secret plan '.repeat(13), { delay: 0 });
  await chat.box.press('Escape');
  await until('the chat is closed', async () => !(await new Launcher(guest.page).panel()).seen);
  assert.ok(sent.every((frame) => !frame.includes('secret') && ['hello', 'ping'].includes(JSON.parse(frame).type)), sent.join('\n'));
  assert.ok(guest.requests.every((url) => !url.includes('secret')));
  await guest.end();
});

test('a phone opens the chat over the page and closes it again, storing no more', async () => {
  const guest = await visit(browser, relay, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  await chat.frame.getByRole('button', { name: 'Close chat' }).click();
  await until('it is closed', async () => !(await new Launcher(guest.page).panel()).seen);
  assert.deepEqual(await stored(guest.page), NOTHING);
  await guest.end();
});

test('a browser that lets a frame store nothing has a chat all the same', async () => {
  const strict = await openBrowser({ deniesStorage: true });
  try {
    const guest = await visit(strict, relay);
    await guest.page.goto(relay.site + '/');
    const chat = await Chat.open(guest.page);
    await assert.rejects(stored(chat.frame), /Access is denied/);
    await chat.say('When are you open?');
    assert.match((await chat.answers(1))[0], /9 am to 6 pm/);
    await guest.end();
  } finally {
    await strict.close();
  }
});
