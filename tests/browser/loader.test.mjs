// What the one script tag does to a dealer's page, and what it never does.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { until } from './lib/browser.mjs';
import { setStage } from './lib/stage.mjs';

let browser, relay, site, tag, arrive, open, strike;

before(async () => {
  ({ browser, relay, site, tag, arrive, open, strike } = await setStage());
});

after(() => strike?.());

const pick = ({ role, name, expanded }) => ({ role, name, expanded });

test('before the visitor acts there is one request and nothing is stored', async () => {
  const guest = await arrive({ prepare: ({ page }) => page.clock.install() });
  await guest.page.mouse.wheel(0, 400);
  await guest.page.keyboard.press('Tab');
  // No timer of the loader's asks or stores anything, either.
  await guest.page.clock.runFor(60_000);
  assert.deepEqual(guest.requests, [site.origin + '/', relay.origin + '/widget.js'], 'the page and the loader');
  const kept = await guest.page.evaluate(async () => [document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]);
  assert.deepEqual(kept, ['', 0, 0, 0, 0]);
  assert.deepEqual(await guest.context.cookies(), []);
  await guest.end();
});

test('the launcher is a named button of at least 56 pixels that says whether the chat is open', async () => {
  const guest = await arrive();
  assert.deepEqual(pick(await guest.launcher.spoken()), { role: 'button', name: 'Chat with our AI assistant', expanded: false });
  const box = await guest.launcher.box();
  assert.ok(56 <= box.width && 56 <= box.height, JSON.stringify(box));
  await open(guest);
  assert.equal((await guest.launcher.spoken()).expanded, true);
  assert.deepEqual(await guest.page.evaluate(() => Object.entries(sessionStorage)), [['fc:open', '1']]);
  await guest.end();
});

test('the keyboard opens the chat, Escape closes it, and the focus comes back', async () => {
  const guest = await arrive();
  await guest.page.keyboard.press('Shift+Tab');
  assert.equal(await guest.page.evaluate(() => document.activeElement.localName), 'forecourt-chat');
  const ring = await guest.launcher.look('button', 'function () { const s = getComputedStyle(this); return [s.outlineStyle, parseFloat(s.outlineWidth)]; }');
  assert.ok(ring[0] === 'solid' && 2 <= ring[1], `a focus ring: ${ring}`);
  await guest.page.keyboard.press('Enter');
  const frame = await guest.launcher.frame();
  await frame.waitForFunction(() => window.said?.includes('shown'));
  await frame.locator('input').focus();
  await guest.page.keyboard.type('kept');
  await guest.page.keyboard.press('Escape');
  await until('the panel is gone', async () => !(await guest.launcher.panel()).seen);
  assert.equal(await guest.launcher.look('button', 'function () { return this.getRootNode().activeElement === this; }'), true);
  await guest.page.keyboard.press('Space');
  await until('the panel is back', async () => (await guest.launcher.panel()).seen);
  assert.equal(await frame.locator('input').inputValue(), 'kept');
  await guest.end();
});

test('the chat is open again on the next page, and the focus stays where the page has it', async () => {
  const guest = await arrive();
  await open(guest);
  await guest.page.getByRole('link', { name: 'Next page' }).click();
  const frame = await guest.launcher.frame();
  await frame.waitForFunction(() => window.said?.includes('shown'));
  assert.equal((await guest.launcher.panel()).seen, true);
  assert.equal(await guest.page.evaluate(() => document.activeElement.localName), 'body');
  await guest.launcher.click();
  assert.equal(await guest.page.evaluate(() => sessionStorage.length), 0);
  await guest.page.reload();
  await guest.launcher.appears();
  assert.equal((await guest.launcher.panel()).seen, false);
  assert.equal(guest.page.frames().length, 1);
  await guest.end();
});

test('unread messages stand on the launcher and in its name', async () => {
  const guest = await arrive();
  const frame = await open(guest);
  await guest.launcher.click();
  await frame.waitForFunction(() => window.said.at(-1) === 'hidden');
  await frame.evaluate(() => window.say({ type: 'unread', count: 3 }));
  await until('the name says so', async () => (await guest.launcher.spoken()).name === 'Chat with our AI assistant, unread: 3');
  assert.equal(await guest.launcher.look('b', 'function () { return this.textContent; }'), '3');
  await guest.launcher.click();
  assert.equal((await guest.launcher.spoken()).name, 'Chat with our AI assistant');
  await guest.end();
});

test('a second tag and a second run do nothing', async () => {
  const guest = await arrive({ snippet: tag() + tag('data-label="Two"', 'site_other') });
  await guest.page.evaluate((src) => new Promise((done) => {
    const again = document.createElement('script');
    again.src = src;
    again.dataset.site = 'site_third';
    again.onload = done;
    document.head.append(again);
  }), relay.origin + '/widget.js');
  assert.equal(await guest.page.locator('forecourt-chat').count(), 1);
  await guest.end();
});

test('destroy leaves nothing behind, and the snippet can start again', async () => {
  const guest = await arrive();
  const frame = await open(guest);
  const loud = await guest.page.evaluate(() => {
    window.heard = [];
    for (const name of ['open', 'close', 'unread']) window.Forecourt.on(name, ({ type }) => window.heard.push(type));
    window.kept = window.Forecourt;
    window.Forecourt.destroy();
    window.kept.open();
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    return { hosts: document.querySelectorAll('forecourt-chat').length, api: 'Forecourt' in window, stored: sessionStorage.length, inert: document.body.inert, heard: window.heard };
  });
  assert.deepEqual(loud, { hosts: 0, api: false, stored: 0, inert: false, heard: ['close'] });
  await until('the frame is gone', () => frame.isDetached());
  await guest.page.evaluate(() => document.body.replaceWith(document.createElement('body')));
  assert.equal(await guest.page.locator('forecourt-chat').count(), 0, 'it does not come back by itself');
  await guest.page.evaluate((src) => {
    const again = document.createElement('script');
    again.src = src;
    again.dataset.site = 'site_good';
    document.head.append(again);
  }, relay.origin + '/widget.js');
  await guest.launcher.appears();
  await guest.end();
});

test('a page that replaces its body keeps the chat, and the frame is not loaded anew', async () => {
  const guest = await arrive();
  const frame = await open(guest);
  await frame.evaluate(() => (window.mark = 'same'));
  await guest.page.evaluate(() => {
    const body = document.createElement('body');
    body.append('Another view');
    document.body.replaceWith(body);
  });
  assert.equal(await frame.evaluate(() => window.mark), 'same');
  assert.equal((await guest.launcher.panel()).seen, true);
  await guest.page.evaluate(() => document.documentElement.replaceChildren(document.createElement('head'), document.createElement('body')));
  await until('it is back after the page has thrown everything away', () => guest.page.locator('forecourt-chat').count());
  await until('and its frame too', async () => (await guest.launcher.frame()).url().includes('/chat/'));
  await guest.end();
});

test('a page that throws the launcher out again and again is let go, and does not hang', async () => {
  const guest = await arrive();
  await guest.page.evaluate(() => {
    window.thrown = 0;
    new MutationObserver(() => {
      const host = document.querySelector('forecourt-chat');
      if (host) { host.remove(); window.thrown += 1; }
    }).observe(document.documentElement, { childList: true });
    document.querySelector('forecourt-chat').remove();
  });
  await until('the loader gives up', () => guest.page.evaluate(() => !document.querySelector('forecourt-chat')));
  assert.ok((await guest.page.evaluate(() => window.thrown)) < 200);
  await guest.end();
});

test('events come without a word of the chat, and a listener that throws disturbs nobody', async () => {
  const guest = await arrive();
  await guest.page.evaluate(() => {
    window.heard = [];
    const names = ['ready', 'open', 'close', 'unread', 'conversation-started', 'message-sent', 'reply-received', 'lead-sent', 'link-lost', 'link-restored'];
    for (const name of names) {
      window.Forecourt.on(name, () => { throw new Error('a bad listener'); });
      window.Forecourt.on(name, (event) => window.heard.push(JSON.stringify(event)));
    }
    window.Forecourt.on('open', () => window.heard.push('never'))();
  });
  const frame = await open(guest);
  await frame.evaluate(() => {
    for (const name of ['conversation-started', 'message-sent', 'reply-received', 'lead-sent', 'link-lost', 'link-restored']) {
      window.say({ type: 'event', name, text: 'a secret' });
    }
  });
  await until('all have come', async () => 8 <= (await guest.page.evaluate(() => window.heard.length)));
  // One more would have come within these frames: the bad listeners were all told before.
  await guest.page.evaluate(() => new Promise((done) => {
    const later = (frames) => (frames ? requestAnimationFrame(() => later(frames - 1)) : done());
    later(10);
  }));
  const heard = await guest.page.evaluate(() => window.heard);
  assert.deepEqual(heard.map((text) => JSON.parse(text).type), ['open', 'ready', 'conversation-started', 'message-sent', 'reply-received', 'lead-sent', 'link-lost', 'link-restored']);
  assert.ok(heard.every((text) => !text.includes('secret') && Object.keys(JSON.parse(text)).every((key) => ['type', 'unread'].includes(key))));
  await guest.end();
});

test('forged messages move nothing', async () => {
  const guest = await arrive({ page: { body: '<iframe id="other" srcdoc="<p>other</p>"></iframe>' } });
  const frame = await open(guest);
  await guest.page.evaluate((origin) => {
    window.ports = 0;
    addEventListener('message', (event) => { window.ports += event.ports.length; });
    for (const data of [{ forecourt: 'hello' }, null, 7, { type: 'close' }, { forecourt: 'port' }]) {
      window.postMessage(data, '*');
      window.dispatchEvent(new MessageEvent('message', { data, origin, source: window }));
    }
    document.querySelector('#other').contentWindow.eval("parent.postMessage({ forecourt: 'hello' }, '*')");
  }, relay.origin);
  // Messages to one window arrive in order: when the last is here, all have been.
  await guest.page.evaluate(() => new Promise((done) => {
    addEventListener('message', ({ data }) => data === 'last' && done());
    window.postMessage('last', '*');
  }));
  assert.equal((await guest.launcher.panel()).seen, true);
  assert.equal(await guest.page.evaluate(() => window.ports), 0);
  assert.equal(await frame.evaluate(() => window.said.filter((type) => type === 'shown').length), 1);
  await guest.end();
});

test('the frame learns the relay origin alone: the port goes to no other', async () => {
  const guest = await arrive({
    prepare: ({ page }) => page.addInitScript(() => {
      if (window.top !== window) return;
      window.targets = [];
      const { postMessage } = window;
      window.postMessage = (...args) => { window.targets.push(args); return postMessage.apply(window, args); };
      JSON.parse = () => { throw new Error('overridden'); };
      Array.prototype.map = () => { throw new Error('overridden'); };
    }),
  });
  await open(guest);
  assert.deepEqual(await guest.page.evaluate(() => window.targets), []);
  await guest.end();
});

test('it works under a policy that allows the relay for scripts and frames only, and under hostile styles', async () => {
  const policy = `default-src 'none'; script-src ${relay.origin}; frame-src ${relay.origin}; style-src ${site.origin}; base-uri 'none'; require-trusted-types-for 'script'`;
  const hostile = '*{all:unset!important;display:none!important;visibility:hidden!important;opacity:0!important;transform:scale(0)!important}';
  const guest = await arrive({ headers: { 'content-security-policy': policy } });
  // Over the tools, because the policy forbids a style element; the cascade is that of an author's sheet.
  await guest.page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, hostile + 'html,body{display:block!important;visibility:visible!important;opacity:1!important;transform:none!important}');
  const { width, height } = await guest.launcher.box();
  assert.deepEqual([width, height], [56, 56]);
  await open(guest);
  const panel = await guest.launcher.panel();
  assert.ok(panel.seen && 300 < panel.width && 400 < panel.height && panel.opacity === '1', JSON.stringify(panel));
  await guest.end();
});

for (const key of ['site_blocked', 'site_mute']) {
  test(`where the frame cannot speak (${key}), a plain link to the chat stands in its place`, async () => {
    const guest = await arrive({
      snippet: tag('', key),
      tolerate: [/frame-ancestors/, /Refused to display/, /chrome-error/, /Framing/],
      prepare: ({ page }) => page.clock.install(),
    });
    await guest.launcher.click();
    await until('the frame has loaded', () => guest.page.frames().length === 2);
    await guest.page.clock.runFor(10_500);
    const link = await until('the link', () => guest.launcher.look('#panel a', 'function () { return { href: this.href, target: this.target, rel: this.rel, text: this.textContent }; }'));
    assert.deepEqual(link, { href: `${relay.origin}/chat/${key}`, target: '_blank', rel: 'noopener', text: 'Chat with our AI assistant ↗' });
    assert.equal(guest.page.frames().length, 1);
    await guest.end();
  });
}

test('a tag without a site key says what to do, and breaks nothing', async () => {
  const guest = await arrive({ snippet: `<script src="${relay.origin}/widget.js"></script>`, appears: false });
  assert.equal(await guest.page.locator('forecourt-chat').count(), 0);
  assert.ok(guest.messages.some((text) => text.includes('data-site')), guest.messages.join());
  await guest.end();
});

test('a browser without shadow DOM or constructed sheets gets a plain link', async () => {
  for (const gone of ['Element.prototype.attachShadow = undefined', 'window.CSSStyleSheet = undefined']) {
    const guest = await arrive({ prepare: ({ page }) => page.addInitScript(gone) });
    assert.equal(await guest.page.locator('forecourt-chat a').getAttribute('href'), relay.origin + '/chat/site_good');
    const [opened, left] = await guest.page.evaluate(() => {
      const opened = [];
      window.open = (url) => opened.push(String(url));
      const { Forecourt } = window;
      Forecourt.on('open', () => {})();
      Forecourt.close();
      Forecourt.open();
      Forecourt.destroy();
      return [opened, 'Forecourt' in window || document.querySelectorAll('forecourt-chat').length];
    });
    assert.deepEqual([opened, left], [[relay.origin + '/chat/site_good'], 0]);
    await guest.end();
  }
});

test('the chat that was closed on a later page is closed on the page out of the cache', async () => {
  const guest = await arrive();
  await open(guest);
  await guest.page.evaluate(() => {
    delete sessionStorage['fc:open'];
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await until('it is closed', async () => !(await guest.launcher.panel()).seen);
  await guest.page.evaluate(() => {
    sessionStorage['fc:open'] = 1;
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await until('it is open', async () => (await guest.launcher.panel()).seen);
  await guest.end();
});

test('a page that opens the chat by itself stores nothing until the visitor has acted', async () => {
  const guest = await arrive({ page: { body: "<script>addEventListener('load', () => window.Forecourt.open())</script>" } });
  await until('it is open', async () => (await guest.launcher.panel()).seen);
  assert.equal(await guest.page.evaluate(() => sessionStorage.length), 0);
  await guest.end();
});

test('with storage denied the chat opens all the same', async () => {
  const guest = await arrive({
    prepare: ({ page }) => page.addInitScript(() => {
      if (window.top === window) Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
    }),
  });
  await open(guest);
  await guest.launcher.click();
  assert.equal((await guest.launcher.panel()).seen, false);
  await guest.end();
});
