// Nothing acknowledged is lost or doubled: over a reload, a next page, a crash, a time without a relay.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { Model } from './lib/model.mjs';

const PIECES = ['The roof ', 'of the MX-5 ', 'folds with ', 'one hand, ', 'and so does ', 'the deal.'];
const WHOLE = PIECES.join('');
/** A relay that is down is a socket that can't be opened; Chromium says so on the console. */
const DOWN = [/WebSocket connection/, /ERR_CONNECTION/];

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

async function arrive() {
  const guest = await visit(browser, { origins: relay.origins, tolerate: DOWN });
  await guest.page.goto(relay.site + '/');
  return { ...guest, chat: await Chat.open(guest.page) };
}

test('a reload and the next page keep the chat open, with its history', async () => {
  const guest = await arrive();
  await guest.chat.say('Tell me of the roof');
  assert.deepEqual(await guest.chat.answers(1), [WHOLE]);
  await guest.page.reload();
  let chat = await Chat.opened(guest.page);
  assert.deepEqual(await chat.answers(1), [WHOLE]);
  // By the keyboard: the open panel may lie over the link.
  await guest.page.getByRole('link', { name: /Mazda MX-5/ }).press('Enter');
  await guest.page.waitForURL(/mazda-mx-5/);
  chat = await Chat.opened(guest.page);
  assert.deepEqual(await chat.answers(1), [WHOLE]);
  assert.deepEqual(await chat.kept('visitor'), ['Tell me of the roof']);
  await chat.say('And again?');
  assert.deepEqual(await chat.answers(2), [WHOLE, WHOLE]);
  await guest.end();
});

test('a reload in the middle of an answer goes on with the same answer, and the model is asked once', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  model.hold(3);
  await guest.chat.say('Tell me of the roof');
  await until('half of it is there', async () => (await guest.chat.lines()).some(({ text }) => text.includes('folds with')));
  await guest.page.reload();
  const chat = await Chat.opened(guest.page);
  await until('the half is there again', async () => (await chat.lines()).some(({ text }) => text.includes('folds with')));
  model.release();
  assert.deepEqual(await chat.answers(1), [WHOLE]);
  assert.equal(model.asked.length, asked + 1);
  await guest.end();
});

test('a relay killed in the middle of an answer loses nothing that was acknowledged, and doubles nothing', async () => {
  const guest = await arrive();
  await guest.chat.say('The first question');
  await guest.chat.answers(1);
  model.hold(3);
  await guest.chat.say('The second question');
  await until('half of it is there', async () => (await guest.chat.lines()).some(({ state, text }) => state === 'written' && text.includes('folds with')));
  await relay.kill();
  model.release();
  await guest.chat.box.fill('a draft that must stay');
  await relay.run();
  const again = guest.chat.frame.getByRole('button', { name: 'Ask again' });
  await again.waitFor({ timeout: 45_000 });
  assert.equal(await guest.chat.box.inputValue(), 'a draft that must stay');
  assert.deepEqual(await guest.chat.kept('visitor'), ['The first question', 'The second question']);
  await again.click();
  await until('the answer is whole', async () => (await guest.chat.kept('ai')).filter((text) => text === WHOLE).length === 2, 20_000);
  await guest.page.reload();
  const chat = await Chat.opened(guest.page);
  await until('the history is back', async () => (await chat.kept('ai')).filter((text) => text === WHOLE).length === 2);
  assert.deepEqual(await chat.kept('visitor'), ['The first question', 'The second question']);
  await guest.end();
});

test('messages written while there is no relay wait in their order and are sent once', async () => {
  const guest = await arrive();
  await guest.chat.say('Before');
  await guest.chat.answers(1);
  await relay.kill();
  const waiting = ['One', 'Two', 'Three'];
  for (const text of waiting) await guest.chat.say(text);
  await until('they wait', async () => (await guest.chat.lines()).filter(({ state }) => state === 'pending').length === 3);
  await relay.run();
  await until('all are answered', async () => (await guest.chat.kept('ai')).length === 4, 45_000);
  assert.deepEqual(await guest.chat.kept('visitor'), ['Before', ...waiting]);
  await guest.page.reload();
  const chat = await Chat.opened(guest.page);
  await chat.answers(4);
  assert.deepEqual(await chat.kept('visitor'), ['Before', ...waiting]);
  await guest.end();
});
