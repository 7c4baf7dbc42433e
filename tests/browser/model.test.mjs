// The model is never trusted: what it says is text, whatever it says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { Model } from './lib/model.mjs';

const HOSTILE = [
  '<img src="http://evil.test/a.png" onerror="window.hacked = 1">',
  '<script>window.hacked = 2</script><iframe src="http://evil.test/"></iframe><style>*{display:none}</style>',
  '![a picture](http://evil.test/b.png) ![](https://evil.test/c.png)',
  '[press](javascript:window.hacked=3) [press](JaVaScRiPt:window.hacked=4) [press](data:text/html,<script>1</script>)',
  '[press](vbscript:x) [press](//evil.test) <a href="javascript:window.hacked=5">press</a> <javascript:window.hacked=6>',
  '[an honest link](https://example.org/page) and **strong** and `<b>code</b>`',
  '- one\n- two',
  '"\'`;--></textarea></template>\u2028\u202e</li></ol>&lt;b&gt;',
].join('\n\n');

let browser, model, relay;

before(async () => {
  const split = HOSTILE.match(/[\s\S]{1,7}/g);
  [browser, model] = await Promise.all([openBrowser(), Model.start((asked) => (asked.includes('hostile') ? split : ['One sentence. ', 'Two sentences.']))]);
  relay = await Forecourt.start({ args: model.flags });
});

after(async () => {
  await browser?.close();
  await relay?.end();
  await model?.end();
});

test('hostile output runs nothing, fetches nothing and makes no element but the safe ones', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  await chat.say('Say something hostile');
  const [answer] = await chat.answers(1);
  assert.match(answer, /onerror/, 'HTML stays text');
  const bubble = chat.transcript.locator('[data-ai-generated="true"]');
  const names = await bubble.evaluate((element) => [...new Set([...element.querySelectorAll('*')].map((node) => node.localName))]);
  const safe = ['p', 'ul', 'ol', 'li', 'strong', 'em', 'code', 'pre', 'a', 'span', 'br'];
  assert.deepEqual(names.filter((name) => !safe.includes(name)), []);
  const links = await bubble.locator('a').evaluateAll((list) => list.map((a) => [a.protocol, a.hostname, a.rel, a.target]));
  assert.ok(links.every(([protocol]) => ['https:', 'http:', 'mailto:', 'tel:'].includes(protocol)), JSON.stringify(links));
  const honest = links.find(([, host]) => host === 'example.org');
  assert.deepEqual(honest, ['https:', 'example.org', 'noopener noreferrer nofollow', '_blank']);
  assert.match(answer, /example\.org/, 'a link shows its host');
  assert.equal(await chat.frame.evaluate(() => window.hacked), undefined);
  assert.equal(await guest.page.evaluate(() => window.hacked), undefined);
  await guest.page.reload();
  await (await Chat.opened(guest.page)).answers(1);
  await guest.end();
});

test('what a visitor types is text too, for both', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  await chat.say('<img src=x onerror="window.hacked=1"> **not strong**');
  await chat.answers(1);
  assert.deepEqual(await chat.kept('visitor'), ['<img src=x onerror="window.hacked=1"> **not strong**']);
  assert.equal(await chat.transcript.locator('.own img, .own strong').count(), 0);
  await guest.end();
});

test('an answer that is being written can be stopped, is kept so far, and can be asked for again', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  model.hold(1);
  await chat.say('Tell me');
  await until('it has begun', async () => (await chat.lines()).some(({ text }) => text.includes('One sentence.')));
  await chat.frame.getByRole('button', { name: 'Stop reply' }).click();
  await chat.transcript.getByText('Reply stopped.').waitFor();
  // Not sooner: what comes before the stop has arrived is kept, too.
  model.release();
  await chat.frame.getByRole('status').getByText('Reply stopped.').waitFor({ state: 'attached' });
  assert.deepEqual(await chat.kept('ai'), ['One sentence.']);
  await chat.frame.getByRole('button', { name: 'Ask again' }).click();
  await until('it is whole', async () => (await chat.kept('ai')).includes('One sentence. Two sentences.'));
  assert.deepEqual(await chat.kept('visitor'), ['Tell me']);
  await guest.end();
});

test('a screen reader hears each answer once, as a whole, and no token', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  assert.equal(await chat.frame.locator('[role="status"]').count(), 1);
  assert.equal(await chat.frame.locator('[role="log"], ol[aria-live], .bubble[aria-live]').count(), 0);
  await chat.frame.evaluate(() => {
    window.spoken = [];
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) window.spoken.push(node.textContent);
        if (change.type === 'characterData') window.spoken.push('changed: ' + change.target.data);
      }
    }).observe(document.querySelector('[role="status"]'), { childList: true, subtree: true, characterData: true });
  });
  model.hold(1);
  await chat.say('Tell me');
  await until('it has begun', async () => (await chat.lines()).some(({ state }) => state === 'written'));
  model.release();
  await chat.answers(1);
  const spoken = await until('it was spoken', async () => {
    const all = await chat.frame.evaluate(() => window.spoken);
    return all.some((text) => text.includes('Two sentences')) && all;
  });
  assert.equal(spoken.filter((text) => /is replying/.test(text)).length, 1, spoken.join('|'));
  assert.equal(spoken.filter((text) => text.includes('One sentence.')).length, 1, spoken.join('|'));
  assert.ok(spoken.every((text) => !text.startsWith('changed:')), spoken.join('|'));
  assert.ok(spoken.every((text) => !text.includes('Tell me')), 'the visitor’s own words are not repeated');
  await guest.end();
});
