// Two dealers on one relay: no visitor, no answer and no history crosses from one to the other.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';

let browser, relay;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), Forecourt.start()]);
  await relay.addMeadow();
});

after(async () => {
  await browser?.close();
  await relay?.end();
});

test('each dealer answers from its own documents and knows nothing of the other’s', async () => {
  const question = 'What warranty do I get?';
  const answers = {};
  for (const path of ['/', '/meadow.html']) {
    const guest = await visit(browser, relay);
    await guest.page.goto(relay.site + path);
    const chat = await Chat.open(guest.page);
    await chat.say(question);
    [answers[path]] = await chat.answers(1);
    await chat.say(path === '/' ? 'How much is the California Ocean camper van?' : 'How much is the Kia e-Niro?');
    const [, other] = await chat.answers(2);
    assert.doesNotMatch(other, /46,750|19,995|MM-7|HC-1052/, 'the stock of the other dealer');
    await guest.end();
  }
  assert.match(answers['/'], /12-month|12 months/);
  assert.match(answers['/meadow.html'], /24 months/);
});

test('a visitor who goes from one dealer to the other in one tab takes no word along', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const harbour = await Chat.open(guest.page);
  await harbour.say('Do you take part exchange?');
  await harbour.answers(1);
  await guest.page.goto(relay.site + '/meadow.html');
  const meadow = await Chat.opened(guest.page);
  await meadow.frame.getByText('AI assistant of Meadow Motors').first().waitFor();
  assert.deepEqual(await meadow.lines(), []);
  await meadow.say('When are you open?');
  const [answer] = await meadow.answers(1);
  assert.match(answer, /10 am/);
  assert.doesNotMatch(await meadow.frame.locator('body').innerText(), /part exchange|Harbour/);
  await guest.end();
});

test('a token of one dealer opens nothing at the other’s', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const harbour = await Chat.open(guest.page);
  await harbour.say('When are you open?');
  await harbour.answers(1);
  const session = await harbour.frame.evaluate(() => JSON.parse(sessionStorage['fc:session']));
  const welcome = await harbour.frame.evaluate(({ token, epoch }) => new Promise((resolve, reject) => {
    const socket = new WebSocket(document.querySelector('#chat').dataset.socket);
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', protocol: 1, site_key: 'site_meadow-motors', resume: { token, epoch, after_seq: 0 }, locale: 'en', build: '' }));
    socket.onmessage = ({ data }) => { socket.close(); resolve(JSON.parse(data)); };
    socket.onerror = () => reject(new Error('no socket'));
  }), session);
  assert.equal(welcome.type, 'welcome');
  assert.equal(welcome.resumed, 'new');
  assert.deepEqual([welcome.messages ?? [], welcome.conversation, welcome.dealer.name], [[], undefined, 'Meadow Motors']);
  assert.notEqual(welcome.token, session.token);
  await until('the own chat still stands', async () => (await harbour.kept('ai')).length === 1);
  await guest.end();
});
