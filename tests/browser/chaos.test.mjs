// A bad network between the browser and the relay: cut in mid-answer, held, gone; in two tabs; and a relay
// that knows less than the visitor. Whatever happens, the transcript is the relay's and the model is asked once.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { ChaosProxy } from './lib/chaos.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { Model } from './lib/model.mjs';
import { freePort } from './lib/servers.mjs';

const PIECES = Array.from({ length: 40 }, (_, index) => `word${index} `);
const WHOLE = PIECES.join('').trim();
/** A cut is a socket that breaks; Chromium says so on the console. */
const CUT = [/WebSocket connection/, /ERR_CONNECTION/, /ERR_EMPTY_RESPONSE/, /ERR_INTERNET_DISCONNECTED/];
/** A pong is waited for ten seconds before the link counts as dead. */
const DEAD_LINK_MS = 25_000;

let browser, model, relay, proxy;

before(async () => {
  [browser, model] = await Promise.all([openBrowser(), Model.start(() => PIECES)]);
  const front = await freePort();
  relay = await Forecourt.start({ args: model.flags, front });
  proxy = await ChaosProxy.start(front, relay.ports[0]);
});

after(async () => {
  await browser?.close();
  await proxy?.end();
  await relay?.end();
  await model?.end();
});

beforeEach(async () => {
  model.release();
  await proxy.calm();
});

async function arrive(by = browser) {
  const guest = await visit(by, { origins: relay.origins, tolerate: CUT });
  await guest.page.goto(relay.site + '/');
  return { ...guest, chat: await Chat.open(guest.page) };
}

/** Opens the page again in a tab beside: what the tab keeps is copied, the conversation with it. */
async function openBeside(guest) {
  const [page] = await Promise.all([guest.context.waitForEvent('page'), guest.page.evaluate(() => void window.open(location.href))]);
  return page;
}

const beside = async (guest) => Chat.opened(await openBeside(guest));

/** Waits until an answer has come as far as this word. */
const heard = (chat, word) => until(`${word} is there`, async () => (await chat.lines()).some(({ text }) => text.includes(word)));

/** Lets a held answer go on, up to another piece. */
function goOn(pieces) {
  const before = model.held;
  model.hold(pieces);
  before.open();
}

/** A reload shows what the relay has. */
async function assertAsTheRelayHasIt(guest, chats, questions) {
  const answers = questions.map(() => WHOLE);
  for (const chat of chats) {
    assert.deepEqual(await chat.answers(questions.length), answers);
    assert.deepEqual(await chat.kept('visitor'), questions);
  }
  await proxy.calm();
  await guest.page.reload();
  const chat = await Chat.opened(guest.page);
  assert.deepEqual(await chat.answers(questions.length), answers);
  assert.deepEqual(await chat.kept('visitor'), questions);
}

test('an answer that is cut again and again comes whole, each word once, and is asked for once', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  model.hold(8);
  await guest.chat.say('Tell me of the roof');
  for (const [index, blow] of ['reset', 'cut', { half_close: 'down' }, 'reset'].entries()) {
    await heard(guest.chat, `word${8 * index + 7} `.trim());
    await proxy.now(blow);
    goOn(8 * index + 16);
  }
  model.release();
  await assertAsTheRelayHasIt(guest, [guest.chat], ['Tell me of the roof']);
  assert.equal(model.asked.length, asked + 1);
  await guest.end();
});

test('cuts at any byte, in small pieces, while questions are sent, lose nothing and double nothing', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  const questions = ['One?', 'Two?', 'Three?'];
  const { struck: before } = await proxy.look();
  for (let n = 0; n < 6; n++) {
    const plan = n % 2 ? { blow: 'reset', way: 'up', from: 1, to: 1200 } : { blow: 'cut', way: 'down', from: 1, to: 6000 };
    await proxy.order({ next: { ...plan, slice_bytes: 60 } });
  }
  await proxy.now('reset');
  for (const text of questions) await guest.chat.say(text);
  await guest.chat.answers(questions.length, 30_000);
  const { struck } = await proxy.look();
  assert.ok(before < struck, 'a cut fell within what was said');
  await assertAsTheRelayHasIt(guest, [guest.chat], questions);
  assert.equal(model.asked.length, asked + questions.length);
  await guest.end();
});

test('two tabs of one conversation that are cut at the same moment end alike', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  await guest.chat.say('First tab');
  await guest.chat.answers(1);
  const other = await beside(guest);
  await other.answers(1);
  model.hold(10);
  await other.say('Second tab');
  for (const chat of [guest.chat, other]) await heard(chat, 'word9');
  await until('the first tab has the question too', async () => (await guest.chat.kept('visitor')).length === 2);
  await proxy.now('reset');
  goOn(20);
  for (const chat of [guest.chat, other]) await heard(chat, 'word19');
  await proxy.now('reset');
  model.release();
  await assertAsTheRelayHasIt(guest, [guest.chat, other], ['First tab', 'Second tab']);
  assert.equal(model.asked.length, asked + 2);
  await guest.end();
});

test('a message that waits in a tab and in its copy is one message', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  await guest.chat.say('Before');
  await guest.chat.answers(1);
  await proxy.order({ refuse: true });
  await proxy.now('reset');
  await guest.chat.say('In the tunnel');
  await until('it waits', async () => (await guest.chat.lines()).some(({ state }) => state === 'pending'));
  // The copy takes over what the tab keeps, the waiting message too; its chat can't be loaded yet.
  const copy = await openBeside(guest);
  await copy.waitForLoadState();
  await proxy.order({ refuse: false });
  await guest.chat.answers(2, 30_000);
  await copy.reload();
  const other = await Chat.opened(copy);
  await assertAsTheRelayHasIt(guest, [guest.chat, other], ['Before', 'In the tunnel']);
  assert.equal(model.asked.length, asked + 2);
  await guest.end();
});

test('what waits when the page is loaded anew goes in its order, and what had arrived is not asked again', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  await guest.chat.say('Before');
  await guest.chat.answers(1);
  // The first reaches the relay, but nothing comes back; the others wait behind it.
  await proxy.now({ lose: 'down' });
  const waiting = ['One', 'Two', 'Three'];
  for (const text of waiting) await guest.chat.say(text);
  await until('the first is asked', () => asked + 2 === model.asked.length);
  await until('all wait', async () => (await guest.chat.lines()).filter(({ state }) => state === 'pending').length === 3);
  await guest.page.reload({ waitUntil: 'commit' });
  await proxy.now('reset');
  const chat = await Chat.opened(guest.page);
  await chat.answers(4, 30_000);
  await assertAsTheRelayHasIt(guest, [chat], ['Before', ...waiting]);
  assert.equal(model.asked.length, asked + 4);
  await guest.end();
});

test('a browser that goes offline keeps what was written, and sends it once when it is back', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  await guest.chat.say('Before');
  await guest.chat.answers(1);
  await proxy.order({ refuse: true });
  await guest.context.setOffline(true);
  await proxy.now('reset');
  await guest.chat.say('In the tunnel');
  await until('it waits', async () => (await guest.chat.lines()).some(({ state }) => state === 'pending'));
  await proxy.order({ refuse: false });
  await guest.context.setOffline(false);
  await guest.chat.answers(2, 30_000);
  await assertAsTheRelayHasIt(guest, [guest.chat], ['Before', 'In the tunnel']);
  assert.equal(model.asked.length, asked + 2);
  await guest.end();
});

test('where the browser lets a frame store nothing, what waits for a link is sent once all the same', async () => {
  const strict = await openBrowser({ deniesStorage: true });
  try {
    const guest = await arrive(strict);
    const asked = model.asked.length;
    await assert.rejects(guest.chat.frame.evaluate(() => sessionStorage.length), /Access is denied/);
    await guest.chat.say('Before');
    await guest.chat.answers(1);
    await proxy.order({ refuse: true });
    await proxy.now('reset');
    const waiting = ['In the tunnel', 'Still in it'];
    for (const text of waiting) await guest.chat.say(text);
    await until('both wait', async () => (await guest.chat.lines()).filter(({ state }) => state === 'pending').length === 2);
    await proxy.order({ refuse: false });
    assert.deepEqual(await guest.chat.answers(3, 30_000), [WHOLE, WHOLE, WHOLE]);
    assert.deepEqual(await guest.chat.kept('visitor'), ['Before', ...waiting]);
    assert.equal(model.asked.length, asked + 3);
    // The link breaks once more: what the relay has is no more than that.
    await proxy.now('reset');
    await guest.chat.say('After it');
    await guest.chat.answers(4, 30_000);
    assert.deepEqual(await guest.chat.kept('visitor'), ['Before', ...waiting, 'After it']);
    assert.equal(model.asked.length, asked + 4);
    await guest.end();
  } finally {
    await strict.close();
  }
});

test('a link that says nothing any more is found dead after a wake, and the answer goes on over another', async () => {
  const guest = await arrive();
  const asked = model.asked.length;
  model.hold(10);
  await guest.chat.say('Tell me of the roof');
  await heard(guest.chat, 'word9');
  await proxy.now('stall');
  goOn(20);
  // As a browser tells a page whose machine wakes up; the socket looks open and is not.
  await guest.chat.frame.evaluate(() => window.dispatchEvent(new Event('online')));
  await until('the answer goes on', async () => (await guest.chat.lines()).some(({ text }) => text.includes('word19')), DEAD_LINK_MS);
  model.release();
  await assertAsTheRelayHasIt(guest, [guest.chat], ['Tell me of the roof']);
  assert.equal(model.asked.length, asked + 1);
  await guest.end();
});

test('a relay that was put back to an older state says so: what it has is shown, what is said later follows it', async () => {
  const guest = await arrive();
  await guest.chat.say('Before the copy');
  await guest.chat.answers(1);
  await relay.kill();
  await relay.copyData();
  await relay.run();
  await guest.chat.say('After the copy');
  await guest.chat.answers(2, 30_000);
  await relay.kill();
  await relay.putBack();
  await relay.run();
  await until('the chat shows what the relay has', async () => (await guest.chat.kept('visitor')).length === 1, 45_000);
  assert.deepEqual(await guest.chat.kept('visitor'), ['Before the copy']);
  await guest.chat.say('After all');
  await guest.chat.answers(2);
  await assertAsTheRelayHasIt(guest, [guest.chat], ['Before the copy', 'After all']);
  await guest.end();
});
