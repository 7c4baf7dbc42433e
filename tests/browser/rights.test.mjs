// The visitor's own chat: what happens to it, taking it along, taking a consent back, deleting it; by
// keyboard alone, without an account, at once.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import Ajv from 'ajv/dist/2020.js';

import { seriousFaults } from './lib/axe.mjs';
import { DESKTOP, openBrowser, PHONE, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt, screenshots } from './lib/forecourt.mjs';
import { press } from './lib/keyboard.mjs';

let browser, relay;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), Forecourt.start()]);
  await mkdir(screenshots, { recursive: true });
});

after(async () => {
  await browser?.close();
  await relay?.end();
});

const MENU = 'Your chat and your data';

/** Whether a file is what the published schema says. */
async function fits(data) {
  const schema = await (await fetch(`${relay.origin}/v1/export.schema.json`)).json();
  const check = new Ajv({ allErrors: true }).compile(schema);
  return check(data) ? [] : check.errors;
}

/** Presses what downloads, and reads the file. */
async function downloaded(page, locator) {
  const download = page.waitForEvent('download');
  await press(page, locator);
  const file = await download;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

/** Opens the menu by keyboard, and waits until it says what there is to say. */
async function openMenu(page, chat) {
  await press(page, chat.frame.getByRole('button', { name: MENU }));
  const menu = chat.frame.getByRole('dialog', { name: MENU });
  await menu.getByRole('button', { name: 'Back to the chat' }).waitFor();
  return menu;
}

/** Leaves details with one consent, by mouse: the form has tests of its own. */
async function leaveDetails({ frame }) {
  await frame.getByRole('button', { name: 'Talk to a person' }).click();
  await frame.getByLabel('Name').fill('Alex Example');
  await frame.getByLabel('E-mail address').fill('alex@example.org');
  await frame.getByRole('checkbox', { name: /by e-mail/ }).check();
  await frame.getByRole('button', { name: 'Check and send' }).click();
  await frame.getByRole('button', { name: /^Send to/ }).click();
  await frame.getByText('Your reference').first().waitFor();
  await frame.getByRole('button', { name: 'Back to the chat' }).first().click();
}

const keptByTheRelay = async () => JSON.parse((await relay.command('subject', 'find', '--email', 'alex@example.org', '--json')).stdout);

test('by keyboard alone a visitor takes the chat along, takes a consent back and deletes it', async () => {
  const guest = await visit(browser, relay, { ...DESKTOP, acceptDownloads: true });
  const { page } = guest;
  await page.goto(relay.site + '/');
  const chat = await Chat.open(page);
  await chat.say('What warranty do I get? <b>&amp;</b>');
  await chat.answers(1);
  await leaveDetails(chat);

  let menu = await openMenu(page, chat);
  // The menu opens first, and fills once the relay has answered.
  await menu.getByText('It is deleted by itself on').waitFor();
  const said = await menu.innerText();
  for (const fact of ['Harbour Cars', 'No language model is asked', 'Details that you left for the dealer: 1.', 'It is deleted by itself on', 'fc:session']) {
    assert.ok(said.includes(fact), `${fact} is told: ${said}`);
  }

  const data = await downloaded(page, menu.getByRole('button', { name: 'Download as data (JSON)' }));
  assert.match(data.name, /^chat-\d{4}-\d\d-\d\d\.json$/);
  const exported = JSON.parse(data.text);
  assert.deepEqual(await fits(exported), []);
  assert.ok((await fits({ ...exported, messages: [{ text: 1 }] })).length, 'the schema can say no');
  assert.deepEqual(exported.messages.map(({ author }) => author), ['visitor', 'ai']);
  assert.equal(exported.messages[0].text, 'What warranty do I get? <b>&amp;</b>');
  assert.equal(exported.leads[0].fields.email, 'alex@example.org');
  const channels = (leads) => leads[0].consents.filter(({ event }) => event !== 'refused').map(({ channel, event }) => `${channel} ${event}`);
  assert.deepEqual(channels(exported.leads), ['email given']);
  // The demo's dealer has no system of its own; with one, a delivery stands there.
  assert.deepEqual(exported.leads[0].deliveries, []);
  const delivery = { id: 'dlv_1', target: 'crm', state: 'delivered', attempts: 1, due_at: exported.leads[0].at, answer: 'answered 204' };
  const delivered = (one) => ({ ...exported, leads: [{ ...exported.leads[0], deliveries: [one] }] });
  assert.deepEqual(await fits(delivered(delivery)), []);
  assert.ok((await fits(delivered({ ...delivery, target: undefined }))).length, 'without a name it does not fit');

  const read = await downloaded(page, menu.getByRole('button', { name: 'Download to read' }));
  assert.ok(read.text.includes('&lt;b&gt;&amp;amp;&lt;/b&gt;') && read.text.includes('alex@example.org'), read.text);

  // As many steps as it took to give it: one.
  const withdraw = menu.getByRole('button', { name: 'Withdraw' });
  await press(page, withdraw);
  await menu.getByText('Withdrawn. It holds no longer.').waitFor();
  assert.equal(await withdraw.count(), 0);
  const again = await downloaded(page, menu.getByRole('button', { name: 'Download as data (JSON)' }));
  assert.deepEqual(await fits(JSON.parse(again.text)), []);
  assert.deepEqual(channels(JSON.parse(again.text).leads), ['email given', 'email withdrawn']);

  // Escape closes the menu and not the chat; the focus is where it was.
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  assert.ok(await chat.frame.getByRole('button', { name: MENU }).evaluate((element) => element === document.activeElement));

  menu = await openMenu(page, chat);
  await press(page, menu.getByRole('button', { name: 'Delete this chat' }));
  await press(page, menu.getByRole('button', { name: 'Keep it' }));
  assert.equal((await keptByTheRelay()).length, 1, 'asked first, and nothing is gone yet');
  await press(page, menu.getByRole('button', { name: 'Delete this chat' }));
  await press(page, menu.getByRole('button', { name: 'Delete for good' }));
  const farewell = chat.frame.getByRole('dialog', { name: 'Your chat is deleted' });
  await farewell.waitFor();
  const receipt = await downloaded(page, farewell.getByRole('button', { name: 'Save the receipt' }));
  const { body, signature } = JSON.parse(receipt.text);
  assert.equal(JSON.parse(body).reason, 'erasure');
  assert.equal(JSON.parse(body).messages, 2);
  assert.match(signature, /^[0-9a-f]{128}$/);
  assert.ok(!receipt.text.includes(exported.conversation.id), 'it leads to nobody');

  assert.deepEqual(await keptByTheRelay(), []);
  assert.deepEqual(await chat.frame.evaluate(() => ({ ...sessionStorage, ...localStorage })), {});
  assert.ok(!(await chat.frame.content()).includes('warranty'), 'the words have left the page');

  await press(page, farewell.getByRole('button', { name: 'Begin a new chat' }));
  const anew = await Chat.opened(page);
  await until('an empty chat', async () => (await anew.lines()).length === 0);
  await anew.say('Are you open on Saturday?');
  await anew.answers(1);
  assert.equal((await anew.lines()).length, 2);
  await guest.end();
});

test('a chat that is deleted in one tab is empty in the other', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
  const chat = await Chat.opened(guest.page);
  await chat.say('What warranty do I get?');
  await chat.answers(1);
  const session = await guest.page.evaluate(() => sessionStorage['fc:session']);
  const other = await guest.context.newPage();
  await other.addInitScript((session) => (sessionStorage['fc:session'] ??= session), session);
  await other.goto(`${relay.origin}/chat/site_harbour-cars`);
  const twin = await Chat.opened(other);
  await twin.answers(1);

  const menu = await openMenu(guest.page, chat);
  await press(guest.page, menu.getByRole('button', { name: 'Delete this chat' }));
  await press(guest.page, menu.getByRole('button', { name: 'Delete for good' }));
  await until('the other tab shows nothing of it', async () => (await twin.lines()).length === 0);
  await twin.frame.getByText('The earlier chat has ended. A new one begins here.').first().waitFor();
  await guest.end();
});

test('a deletion whose answer is slow keeps the menu open, and one whose answer is lost can be asked for again', async () => {
  const guest = await visit(browser, { origins: relay.origins, tolerate: [/Failed to load resource/] });
  await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
  const chat = await Chat.opened(guest.page);
  await chat.say('What warranty do I get?');
  await chat.answers(1);
  let go;
  const held = new Promise((resolve) => (go = resolve));
  let tries = 0;
  await guest.page.route('**/v1/mine/**', async (route) => {
    if (route.request().method() !== 'DELETE' || tries++) return route.continue();
    await route.fetch();
    await held;
    await route.abort();
  });
  const menu = await openMenu(guest.page, chat);
  await press(guest.page, menu.getByRole('button', { name: 'Delete this chat' }));
  await press(guest.page, menu.getByRole('button', { name: 'Delete for good' }));
  await until('the relay was asked', async () => tries === 1);
  await guest.page.keyboard.press('Escape');
  assert.ok(await menu.isVisible(), 'nobody leaves while the answer is on its way');
  go();
  await menu.getByText('That did not work. Please try again.').waitFor();
  await press(guest.page, menu.getByRole('button', { name: 'Delete for good' }));
  const farewell = chat.frame.getByRole('dialog', { name: 'Your chat is deleted' });
  await farewell.getByText('Nothing of it is kept here any more.').waitFor();
  assert.equal(await farewell.getByRole('button', { name: 'Save the receipt' }).count(), 0);
  assert.deepEqual(await chat.frame.evaluate(() => ({ ...sessionStorage })), {});
  await guest.end();
});

test('before the first message, and without a relay, the menu says what there is to say', async () => {
  const guest = await visit(browser, { ...relay, origins: relay.origins, tolerate: [/ERR_CONNECTION_REFUSED|Failed to load resource|WebSocket/] });
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  let menu = await openMenu(guest.page, chat);
  await menu.getByText('Nothing of this chat is kept yet').waitFor();
  assert.equal(await menu.getByRole('button', { name: 'Delete this chat' }).count(), 0);
  await press(guest.page, menu.getByRole('button', { name: 'Back to the chat' }));
  await relay.kill();
  await press(guest.page, chat.frame.getByRole('button', { name: MENU }));
  menu = chat.frame.getByRole('dialog', { name: MENU });
  await menu.getByRole('link', { name: '0131 496 0123' }).waitFor();
  assert.match(await menu.getByRole('status').innerText(), /You can reach us like this:/, 'it is said, too');
  await press(guest.page, menu.getByRole('button', { name: 'Back to the chat' }));
  await menu.waitFor({ state: 'detached' });
  await relay.run();
  await guest.end();
});

test('where a frame may store nothing, the menu still knows the chat', async () => {
  const strict = await openBrowser({ deniesStorage: true });
  const guest = await visit(strict, relay);
  await guest.page.goto(relay.site + '/');
  const chat = await Chat.open(guest.page);
  await chat.say('What warranty do I get?');
  await chat.answers(1);
  const menu = await openMenu(guest.page, chat);
  await press(guest.page, menu.getByRole('button', { name: 'Delete this chat' }));
  await press(guest.page, menu.getByRole('button', { name: 'Delete for good' }));
  await chat.frame.getByRole('dialog', { name: 'Your chat is deleted' }).waitFor();
  await guest.end();
  await strict.close();
});

for (const [name, options] of [['desktop', DESKTOP], ['phone', PHONE], ['dark', { ...PHONE, colorScheme: 'dark' }], ['arabic', { ...PHONE, locale: 'ar' }], ['german', { ...DESKTOP, locale: 'de-DE' }]]) {
  test(`everybody can use the menu (${name})`, async () => {
    const guest = await visit(browser, relay, { ...options, bypassCSP: true });
    await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
    await guest.page.locator('textarea').fill('What warranty do I get?');
    await guest.page.locator('textarea').press('Enter');
    await guest.page.locator('[data-ai-generated]').first().waitFor();
    await guest.page.locator('#menu').click();
    const menu = guest.page.locator('dialog');
    await menu.locator('.danger').waitFor();
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), []);
    await guest.page.screenshot({ path: join(screenshots, `menu-${name}.png`) });
    const { wide, low } = await menu.evaluate((dialog) => ({
      wide: dialog.scrollWidth - dialog.clientWidth,
      low: [...dialog.querySelectorAll('button')].map((button) => button.getBoundingClientRect().height).filter((height) => height < 44),
    }));
    assert.deepEqual([wide, low], [0, []], 'nothing is cut off, each button can be hit');
    await menu.locator('.danger').click();
    await menu.locator('[role=group] .danger').scrollIntoViewIfNeeded();
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), []);
    await guest.page.screenshot({ path: join(screenshots, `menu-${name}-sure.png`) });
    await menu.locator('[role=group] .danger').click();
    await menu.locator('.primary').waitFor();
    assert.deepEqual(await seriousFaults(guest.page.mainFrame()), []);
    await guest.page.screenshot({ path: join(screenshots, `menu-${name}-gone.png`) });
    await guest.end();
  });
}
