// What a visitor should never have to notice: what stays in sight, where the focus is, what happens when
// something breaks. With a model that answers when the test says so.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { DESKTOP, openBrowser, PHONE, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { Launcher } from './lib/launcher.mjs';
import { Model } from './lib/model.mjs';

const PIECES = ['The roof ', 'folds with ', 'one hand.'];
const WHOLE = PIECES.join('');
/** What Chromium says where a test breaks something on purpose. */
const BROKEN = [/WebSocket/, /ERR_/, /Failed to load/, /RuntimeError/, /unreachable/];

let browser, model, relay;

before(async () => {
  [browser, model] = await Promise.all([openBrowser(), Model.start(() => PIECES)]);
  relay = await Forecourt.start({ args: model.flags });
});

after(async () => {
  await browser?.close();
  await relay?.end();
  await model?.end();
});

beforeEach(() => model.release());

/** A visitor on the dealer's page; `prepare` comes before the page. */
async function arrive({ path = '/', options = DESKTOP, prepare } = {}) {
  const guest = await visit(browser, { origins: relay.origins, tolerate: BROKEN }, options);
  guest.launcher = new Launcher(guest.page);
  await prepare?.(guest);
  await guest.page.goto(relay.site + path);
  await guest.launcher.appears();
  return guest;
}

const focused = (frame) => frame.evaluate(() => (document.hasFocus() ? document.activeElement.id : ''));
const words = (frame) => frame.locator('.bubble').allInnerTexts();

for (const [width, height] of [[400, 640], [320, 568], [390, 844]]) {
  test(`when the chat opens at ${width}x${height}, the notice is in sight, all of it from its first word`, async () => {
    const guest = await arrive({ options: { viewport: { width, height } } });
    const chat = await Chat.open(guest.page);
    await chat.frame.getByText('Which automatic cars').waitFor();
    const [notice, scroll] = await chat.frame.evaluate(() => ['notice', 'scroll'].map((id) => document.getElementById(id).getBoundingClientRect().top));
    assert.ok(scroll <= notice, `${notice} is at or below ${scroll}`);
    await guest.end();
  });
}

test('on a desktop all that is suggested is in sight when the chat opens', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await chat.frame.getByText('Which automatic cars').waitFor();
  const [last, fold] = await chat.frame.evaluate(() => ['.suggestion:last-child', '#scroll'].map((part) => document.querySelector(part).getBoundingClientRect().bottom));
  assert.ok(last <= fold, `${last} is at or above ${fold}`);
  await guest.end();
});

test('at 320 by 256 pixels one can read, type, send and leave', async () => {
  const guest = await arrive({ options: { viewport: { width: 320, height: 256 } } });
  const chat = await Chat.open(guest.page);
  await chat.say('Tell me of the roof');
  assert.deepEqual(await chat.answers(1), [WHOLE]);
  for (const name of ['Close chat', 'Send', 'Talk to a person']) {
    const box = await chat.frame.getByRole('button', { name, exact: true }).boundingBox();
    assert.ok(box && 24 <= box.height && 0 <= box.y && box.y + box.height <= 257, `${name}: ${JSON.stringify(box)}`);
  }
  const room = await chat.frame.locator('#scroll').evaluate((scroll) => scroll.clientHeight);
  assert.ok(48 <= room, `two lines of the transcript at least: ${room}`);
  await guest.end();
});

test('with reduced motion nothing moves while a reply is waited for, and without it something does', async () => {
  const moving = async (reducedMotion) => {
    const guest = await arrive({ options: { ...DESKTOP, reducedMotion } });
    const chat = await Chat.open(guest.page);
    model.hold(0);
    await chat.say('Tell me of the roof');
    await chat.frame.locator('.bubble[data-waits]').waitFor();
    const count = await chat.frame.evaluate(() => document.getAnimations().filter((animation) => 100 < (animation.effect?.getComputedTiming().duration ?? 0)).length);
    model.release();
    await chat.answers(1);
    await guest.end();
    return count;
  };
  assert.deepEqual([await moving('reduce'), await moving('no-preference')], [0, 1]);
});

test('a visitor stops a reply, reads that it is stopped, goes on typing, and can ask again', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  model.hold(2);
  await chat.say('Tell me of the roof');
  await until('half of it is there', async () => (await words(chat.frame)).some((text) => text.includes('folds with')));
  await chat.frame.getByRole('button', { name: 'Stop reply' }).click();
  await chat.transcript.getByText('Reply stopped.').waitFor();
  assert.equal(await focused(chat.frame), 'draft');
  model.release();
  await chat.frame.getByRole('button', { name: 'Ask again' }).click();
  await until('the answer is whole', async () => (await words(chat.frame)).includes(WHOLE));
  await guest.end();
});

test('on the next page the chat is open again and the focus stays where the page has it', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await until('opening it moved the focus into it', async () => (await focused(chat.frame)) === 'draft');
  await guest.page.goto(relay.site + '/contact.html');
  const next = await Chat.opened(guest.page);
  await next.frame.getByText('Which automatic cars').waitFor();
  assert.equal(await guest.page.evaluate(() => document.activeElement.localName), 'body');
  assert.equal(await focused(next.frame), '');
  await guest.end();
});

test('on a phone the next page is not covered; the conversation is behind the button', async () => {
  const guest = await arrive({ options: PHONE });
  const chat = await Chat.open(guest.page);
  await chat.say('Tell me of the roof');
  await chat.answers(1);
  await guest.page.goto(relay.site + '/contact.html');
  await guest.launcher.appears();
  assert.equal((await guest.launcher.panel()).seen, false);
  assert.equal(guest.page.frames().length, 1);
  await guest.launcher.click();
  assert.deepEqual(await (await Chat.opened(guest.page)).answers(1), [WHOLE]);
  await guest.end();
});

test('what an input method composes is not sent by its Enter', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
  const chat = new Chat(guest.page);
  await chat.usable();
  await chat.box.focus();
  const cdp = await guest.context.newCDPSession(guest.page);
  const enter = (code) => cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: code });
  await cdp.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await enter(229);
  await enter(13);
  assert.equal(await chat.box.inputValue(), 'にほん');
  await cdp.send('Input.insertText', { text: '日本' });
  assert.equal(await chat.box.inputValue(), '日本');
  assert.deepEqual(await chat.lines(), []);
  await chat.box.press('Enter');
  await chat.answers(1);
  assert.deepEqual(await chat.kept('visitor'), ['日本']);
  await guest.end();
});

for (const [where, options] of [['a desktop', DESKTOP], ['a phone', PHONE]]) {
  test(`on ${where} a chat whose module traps shows how to reach the dealer, and can be closed`, async () => {
    const guest = await arrive({ options });
    const chat = await Chat.open(guest.page);
    await chat.frame.evaluate(() => dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') })));
    await chat.frame.getByRole('link', { name: '0131 496 0123' }).waitFor();
    assert.equal(await chat.frame.locator('textarea').count(), 0);
    await chat.frame.getByRole('button', { name: 'Close chat' }).click();
    await until('it is closed', async () => !(await guest.launcher.panel()).seen);
    assert.equal(await guest.page.evaluate(() => document.body.inert), false);
    await guest.end();
  });
}

test('a module that does not come leaves the dealer’s telephone number, and it stays', async () => {
  const guest = await arrive({
    options: PHONE,
    prepare: async ({ page }) => {
      await page.clock.install();
      await page.route('**/*.wasm', (route) => route.abort());
    },
  });
  await guest.launcher.click();
  const frame = await guest.launcher.frame();
  await frame.getByRole('link', { name: '0131 496 0123' }).waitFor();
  await frame.getByRole('button', { name: 'Close chat' }).waitFor();
  await guest.page.clock.runFor(11_000);
  assert.equal(await frame.getByRole('link', { name: '0131 496 0123' }).isVisible(), true);
  await frame.getByRole('button', { name: 'Close chat' }).click();
  await until('it is closed', async () => !(await guest.launcher.panel()).seen);
  await guest.end();
});

test('without a connection the notice stands all the same, and a person can be reached', async () => {
  const guest = await arrive({ prepare: ({ page }) => page.routeWebSocket(/v1\/chat/, (socket) => socket.onMessage(() => socket.close({ code: 1011 }))) });
  const chat = await Chat.open(guest.page);
  assert.match(await chat.frame.locator('section.notice').innerText(), /12 months[\s\S]*Privacy policy of Harbour Cars/);
  await chat.frame.getByRole('status').getByText('cannot connect').waitFor({ state: 'attached' });
  await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
  await chat.frame.getByRole('heading', { name: 'Talk to a person' }).waitFor();
  await chat.frame.getByRole('link', { name: '0131 496 0123' }).waitFor();
  await chat.frame.getByRole('button', { name: 'Back to the chat' }).click();
  await until('the focus is where it came from', async () => (await focused(chat.frame)) === 'person');
  await guest.end();
});

test('a lost link takes neither the form nor the focus from who fills it in', async () => {
  let sockets = [];
  const guest = await arrive({
    prepare: ({ page }) => page.routeWebSocket(/v1\/chat/, (socket) => { sockets.push([socket, socket.connectToServer()]); }),
  });
  const chat = await Chat.open(guest.page);
  await chat.frame.getByText('Which automatic cars').waitFor();
  await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
  const name = chat.frame.getByRole('textbox', { name: /^Name/ });
  await name.fill('Alex');
  await name.evaluate((field) => (window.field = field));
  const before = sockets.length;
  for (const [page, server] of sockets.splice(0)) await Promise.all([page.close({ code: 1012 }), server.close()]);
  await until('it is back', async () => 0 < sockets.length && (await chat.frame.getByRole('status').getByText('Connected again').count()));
  assert.equal(before, 1);
  assert.deepEqual(await chat.frame.evaluate(() => [window.field === document.activeElement, window.field.value]), [true, 'Alex']);
  await guest.end();
});

test('who reads further up is not moved, sees that something came, and finds the way down', async () => {
  const guest = await arrive({ options: { viewport: { width: 400, height: 520 } } });
  const chat = await Chat.open(guest.page);
  for (const count of [1, 2, 3]) {
    await chat.say(`Question ${count}`);
    await chat.answers(count);
  }
  model.hold(1);
  await chat.say('One more');
  await until('it is being answered', async () => (await chat.lines()).at(-1).state === 'written');
  // In the same moment something is drawn that makes less room.
  await chat.frame.locator('#scroll').evaluate((scroll) => {
    scroll.scrollTop = 0;
    const field = document.getElementById('draft');
    field.value = 'A thought\n'.repeat(4);
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  });
  await chat.frame.getByRole('button', { name: 'To the newest message' }).waitFor();
  model.release();
  await chat.answers(4);
  assert.equal(await chat.frame.locator('#scroll').evaluate((scroll) => scroll.scrollTop), 0);
  await chat.frame.getByRole('button', { name: 'New message' }).click();
  await until('the end is in sight', () => chat.frame.locator('#scroll').evaluate((scroll) => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 2));
  await chat.frame.getByRole('button', { name: 'New message' }).waitFor({ state: 'hidden' });
  // Less room, as when a keyboard comes: the newest line stays in sight.
  await guest.page.setViewportSize({ width: 400, height: 360 });
  await until('the end is in sight', () => chat.frame.locator('#scroll').evaluate((scroll) => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 2));
  await guest.end();
});

test('who wants no announcements hears none, and who wants whole replies sees no part of one', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await chat.frame.getByText('How replies are shown').click();
  await chat.frame.getByRole('checkbox', { name: 'Announce replies' }).uncheck();
  await chat.frame.getByRole('checkbox', { name: 'Show replies only' }).check();
  const asked = model.asked.length;
  model.hold(2);
  await chat.say('Tell me of the roof');
  await chat.frame.getByRole('button', { name: 'Stop reply' }).waitFor();
  await until('the model has begun', () => asked < model.asked.length);
  assert.ok((await words(chat.frame)).every((text) => !text.includes('roof folds')));
  model.release();
  assert.deepEqual(await chat.answers(1), [WHOLE]);
  assert.equal(await chat.frame.getByRole('status').innerText(), '');
  await guest.page.reload();
  const next = await Chat.opened(guest.page);
  await next.answers(1);
  await next.frame.getByText('How replies are shown').click();
  assert.equal(await next.frame.getByRole('checkbox', { name: 'Announce replies' }).isChecked(), false);
  await guest.end();
});

test('a plain frame without the tag has a chat that works and nothing to close', async () => {
  const guest = await visit(browser, relay);
  await guest.page.route(relay.site + '/plain', (route) => route.fulfill({
    contentType: 'text/html',
    body: `<!doctype html><html lang="en"><title>Plain</title><link rel="icon" href="data:,"><iframe title="Chat" width="400" height="600" src="${relay.origin}/chat/site_harbour-cars"></iframe></html>`,
  }));
  await guest.page.goto(relay.site + '/plain');
  const chat = await Chat.opened(guest.page);
  await chat.say('Tell me of the roof');
  assert.deepEqual(await chat.answers(1), [WHOLE]);
  assert.equal(await chat.frame.getByRole('button', { name: 'Close chat' }).count(), 0);
  await guest.end();
});

test('a link to the dealer’s own page opens around the chat, which goes on there; another one in a new tab', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  model.answer = () => [`See [our contact page](${relay.site}/contact.html) or [the makers](https://mazda.example/).`];
  await chat.say('Where are you?');
  await chat.answers(1);
  model.answer = () => PIECES;
  assert.equal(await chat.transcript.getByRole('link', { name: 'the makers' }).getAttribute('target'), '_blank');
  await chat.transcript.getByRole('link', { name: 'our contact page' }).click();
  await guest.page.waitForURL(/contact\.html/);
  assert.equal((await (await Chat.opened(guest.page)).answers(1)).length, 1);
  assert.equal(guest.context.pages().length, 1);
  await guest.end();
});

test('times are written as the visitor writes them, where that is the language of the chat', async () => {
  for (const [locale, shape] of [['en-GB', /^\d\d:\d\d$/], ['en-US', /^\d\d:\d\d\s[AP]M$/]]) {
    const guest = await arrive({ options: { ...DESKTOP, locale } });
    const chat = await Chat.open(guest.page);
    await chat.say('Tell me of the roof');
    await chat.answers(1);
    assert.match(await chat.frame.locator('.own .meta').innerText(), shape);
    await guest.end();
  }
});
