// The real chat on pages that are not kind to it, and on pages where it must not be.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
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

const tag = (key) => `<!doctype html><html lang="en"><title>Another</title><link rel="icon" href="data:,"><script async src="${relay.origin}/widget.js" data-site="${key}"></script><body><h1>Another</h1></body></html>`;

test('a page with the strictest policy and hostile styles has a chat that works', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/hostile.html');
  const chat = await Chat.open(guest.page);
  const panel = await new Launcher(guest.page).panel();
  assert.ok(panel.seen && 390 < panel.width && 500 < panel.height && panel.opacity === '1', JSON.stringify(panel));
  await chat.say('When are you open?');
  assert.match((await chat.answers(1))[0], /9 am to 6 pm/);
  await guest.end();
});

test('a site key that nobody has leads to a plain link and to no error in the page', async () => {
  const guest = await visit(browser, { origins: relay.origins, tolerate: [/404|Failed to load resource|frame-ancestors|Refused/] });
  await guest.page.clock.install();
  await guest.page.route(relay.site + '/nobody', (route) => route.fulfill({ contentType: 'text/html', body: tag('site_nobody') }));
  await guest.page.goto(relay.site + '/nobody');
  const launcher = await new Launcher(guest.page).appears();
  await launcher.click();
  await until('the frame has loaded', () => guest.page.frames().length === 2);
  await guest.page.clock.runFor(10_500);
  const href = await until('the link', () => launcher.look('#panel a', 'function () { return this.href; }'));
  assert.equal(href, `${relay.origin}/chat/site_nobody`);
  await guest.end();
});

test('a page of a stranger cannot embed the chat: the browser refuses, a link remains', async () => {
  const stranger = 'http://stranger.test';
  const guest = await visit(browser, { origins: [...relay.origins, stranger], tolerate: [/frame-ancestors|Refused|Framing|chrome-error/] });
  await guest.page.clock.install();
  await guest.page.route(stranger + '/**', (route) => route.fulfill({ contentType: 'text/html', body: tag('site_harbour-cars') }));
  await guest.page.goto(stranger + '/');
  const launcher = await new Launcher(guest.page).appears();
  await launcher.click();
  await until('the frame was refused', () => guest.page.frames().length === 2);
  await guest.page.clock.runFor(10_500);
  await until('the link', () => launcher.look('#panel a', 'function () { return this.href; }'));
  assert.equal(guest.page.frames().length, 1);
  await guest.end();
});

test('another page of the web cannot open the chat’s socket', async () => {
  const stranger = 'http://stranger.test';
  const guest = await visit(browser, { origins: [...relay.origins, stranger], tolerate: [/WebSocket connection/] });
  await guest.page.route(stranger + '/**', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Stranger</title><link rel="icon" href="data:,">' }));
  await guest.page.goto(stranger + '/');
  const socket = relay.origin.replace('http', 'ws') + '/v1/chat';
  const opens = (page) => page.evaluate((url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  }), socket);
  assert.equal(await opens(guest.page), false);
  const answer = await until('the browser says why', () => guest.messages.find((text) => text.includes('WebSocket connection')));
  assert.match(answer, /Unexpected response code: 403/, 'the relay itself refuses');
  await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
  assert.equal(await opens(guest.page), true, 'its own page can');
  await guest.end();
});

test('a second tag is harmless, a swapped body keeps the chat, and destroy leaves nothing', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  await chat.say('When are you open?');
  await chat.answers(1);
  await guest.page.evaluate((src) => new Promise((done) => {
    const again = document.createElement('script');
    Object.assign(again, { src, onload: done });
    again.dataset.site = 'site_harbour-cars';
    document.head.append(again);
    document.body.replaceWith(Object.assign(document.createElement('body'), { textContent: 'Another view' }));
  }), relay.origin + '/widget.js');
  assert.equal(await guest.page.locator('forecourt-chat').count(), 1);
  assert.equal((await chat.kept('ai')).length, 1, 'the same frame goes on');
  await guest.page.evaluate(() => window.Forecourt.destroy());
  await until('the frame is gone', () => guest.page.frames().length === 1);
  assert.deepEqual(await guest.page.evaluate(() => [document.querySelectorAll('forecourt-chat').length, 'Forecourt' in window, sessionStorage.length]), [0, false, 0]);
  await guest.end();
});

test('the page hears what happens and never a word of it', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  await new Launcher(guest.page).appears();
  await guest.page.evaluate(() => {
    window.heard = [];
    for (const name of ['ready', 'open', 'close', 'conversation-started', 'message-sent', 'reply-received']) {
      window.Forecourt.on(name, (event) => window.heard.push(JSON.stringify(event)));
    }
  });
  const chat = await Chat.open(guest.page);
  await chat.say('Do you sell a Zanzibar Special?');
  await chat.answers(1);
  const heard = await until('the reply was announced', async () => {
    const all = await guest.page.evaluate(() => window.heard);
    return all.some((text) => text.includes('reply-received')) && all;
  });
  const types = heard.map((text) => JSON.parse(text).type);
  for (const name of ['open', 'ready', 'conversation-started', 'message-sent', 'reply-received']) assert.ok(types.includes(name), `${name} in ${types}`);
  assert.ok(heard.every((text) => !text.includes('Zanzibar')));
  await guest.end();
});
