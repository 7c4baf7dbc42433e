// The whole path, on the two origins of the demo: a visitor's question to an answer, a lead, an end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, PHONE, until, visit } from './lib/browser.mjs';
import { Chat, listenToSockets } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { press as pressed, tabTo } from './lib/keyboard.mjs';

let browser, relay;

before(async () => {
  [browser, relay] = await Promise.all([openBrowser(), Forecourt.start()]);
});

after(async () => {
  await browser?.close();
  await relay?.end();
});

const arrive = async (path = '/', options) => {
  const guest = await visit(browser, relay, options);
  await guest.page.goto(relay.site + path);
  return guest;
};

test('who answers and what is kept stands before the place to type', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await chat.frame.getByText('AI assistant of Harbour Cars').first().waitFor();
  const notice = chat.frame.locator('section.notice');
  assert.match(await notice.innerText(), /AI/);
  assert.match(await notice.innerText(), /12 months/);
  assert.equal(await notice.getByRole('link', { name: /Privacy/ }).getAttribute('target'), '_blank');
  const before = await chat.frame.evaluate(() => {
    const place = document.querySelector('section.notice').compareDocumentPosition(document.querySelector('textarea'));
    return Boolean(place & Node.DOCUMENT_POSITION_FOLLOWING);
  });
  assert.ok(before, 'the notice comes first in reading order');
  await guest.end();
});

test('a question about a car is answered from the dealer’s documents, with its source', async () => {
  const guest = await arrive('/cars/kia-e-niro.html');
  const chat = await Chat.open(guest.page);
  await chat.say('How much is the Kia e-Niro?');
  const [answer] = await chat.answers(1);
  assert.match(answer, /£19,995/);
  const bubble = chat.transcript.locator('[data-ai-generated="true"]');
  assert.equal(await bubble.count(), 1);
  assert.ok(await chat.frame.locator('.sources li').count(), 'the source is named');
  assert.deepEqual(await chat.kept('visitor'), ['How much is the Kia e-Niro?']);
  await guest.end();
});

test('the number of a card never leaves the browser, and the visitor sees so', async () => {
  const guest = await arrive();
  const sent = listenToSockets(guest.page);
  const chat = await Chat.open(guest.page);
  await chat.say('Can I pay with 4111 1111 1111 1111?');
  await chat.answers(1);
  assert.deepEqual(await chat.kept('visitor'), ['Can I pay with [CARD]?']);
  assert.ok(sent.some((frame) => frame.includes('[CARD]')), 'the words around it were sent');
  assert.ok(!sent.some((frame) => frame.includes('4111')), 'the number was not');
  await guest.end();
});

test('what the documents do not say is not made up, and the lead form is offered', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await chat.say('What is the airspeed velocity of an unladen swallow?');
  await chat.answers(1);
  await chat.transcript.getByRole('button', { name: 'Leave your details' }).click();
  await chat.frame.getByRole('textbox', { name: /^Name/ }).waitFor();
  await guest.end();
});

test('a lead goes by keyboard alone: errors in words, a review, a reference', async () => {
  const guest = await arrive();
  const { keyboard } = guest.page;
  await keyboard.press('Shift+Tab');
  await keyboard.press('Enter');
  const chat = await Chat.opened(guest.page);
  const go = (target) => tabTo(guest.page, target);
  const press = (name) => pressed(guest.page, chat.frame.getByRole('button', { name }));
  await press('Talk to a person');
  await chat.frame.getByRole('link', { name: '0131 496 0123' }).waitFor();
  await go(chat.frame.getByRole('textbox', { name: /^Name/ }));
  await keyboard.type('Alex Example');
  await press('Check and send');
  const phone = chat.frame.getByRole('textbox', { name: /^Telephone/ });
  await until('the missing contact is named', async () => (await phone.getAttribute('aria-invalid')) === 'true');
  const described = (await phone.getAttribute('aria-describedby')).split(' ');
  assert.match(await chat.frame.locator(`#${described[0]}`).innerText(), /telephone/i);
  await go(phone);
  await keyboard.type('0131 496 0777');
  const boxes = await chat.frame.locator('#panel').getByRole('checkbox').all();
  assert.equal(boxes.length, 2, 'e-mail and telephone');
  for (const box of boxes) assert.equal(await box.isChecked(), false);
  await press('Check and send');
  await chat.frame.getByRole('heading', { name: 'Send these details to Harbour Cars?' }).waitFor();
  assert.match(await chat.frame.locator('dl').innerText(), /Alex Example[\s\S]*0131 496 0777/);
  await press('Send to Harbour Cars');
  const shown = chat.frame.locator('#panel').getByText(/led_[0-9a-f]{8}/).first();
  await shown.waitFor();
  const [reference] = /led_[0-9a-f]+/.exec(await shown.innerText());
  await guest.end();
  await relay.quit();
  const { stdout } = await relay.command('lead', 'list', '--dealer', 'site_harbour-cars', '--json');
  assert.ok(stdout.includes('Alex Example') && stdout.includes(reference), 'the dealer finds the lead by its reference');
  await relay.run();
});

test('a test drive is asked for on a phone by keyboard alone, and the dealer gets it with its day', async () => {
  const guest = await arrive('/', { ...PHONE, locale: 'en-GB' });
  const { page } = guest;
  const { keyboard } = page;
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  const chat = await Chat.open(page);
  const panel = chat.frame.locator('#panel');
  const go = (target) => tabTo(page, target);
  const press = (name) => pressed(page, chat.frame.getByRole('button', { name, exact: true }));
  await chat.say('Can I test drive the Kia e-Niro?');
  await chat.answers(1);
  await press('Test drive');
  const choice = panel.getByRole('combobox', { name: 'What is it about?' });
  assert.equal(await choice.inputValue(), 'test_drive');
  await go(choice);
  await keyboard.press('ArrowDown');
  await panel.getByRole('textbox', { name: /^Registration plate/ }).waitFor();
  assert.equal(await choice.evaluate((element) => element === document.activeElement), true, 'the focus stays');
  await keyboard.press('ArrowUp');
  await go(panel.getByRole('textbox', { name: /^Name/ }));
  await keyboard.type('Alex Example');
  await go(panel.getByRole('textbox', { name: /^Telephone/ }));
  await keyboard.type('0131 496 0777');
  await go(panel.getByLabel('Which day would suit you?'));
  // The same in each order of day and month, and with hours to 12 or to 24.
  await keyboard.type('12122030');
  const time = panel.getByLabel('At what time?');
  await go(time);
  await keyboard.type('10');
  await press('Check and send');
  await panel.getByText('Please choose a time, for example 14:30.').waitFor();
  await go(time);
  await keyboard.type('1030AM');
  const isWide = await chat.frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(isWide, 'nothing is cut off at the side');
  await press('Check and send');
  await panel.getByRole('heading', { name: 'Send these details to Harbour Cars?' }).waitFor();
  const review = await panel.locator('dl').innerText();
  assert.match(review, /Test drive[\s\S]*Alex Example[\s\S]*0131 496 0777[\s\S]*2030-12-12[\s\S]*10:30/);
  await press('Send to Harbour Cars');
  const shown = panel.getByText(/led_[0-9a-f]{8}/).first();
  await shown.waitFor();
  const [reference] = /led_[0-9a-f]+/.exec(await shown.innerText());
  assert.deepEqual(errors, []);
  await guest.end();
  await relay.quit();
  const { stdout } = await relay.command('lead', 'list', '--dealer', 'site_harbour-cars', '--json');
  const { kind, fields } = JSON.parse(stdout).find(({ lead }) => lead === reference);
  assert.equal(kind, 'test_drive');
  assert.deepEqual([fields.day, fields.time, fields.message], ['2030-12-12', '10:30', undefined]);
  await relay.run();
});

test('the chosen form and what was typed into it are there on the next page', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await chat.say('When are you open?');
  await chat.answers(1);
  await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
  const choice = (of) => of.frame.getByRole('combobox', { name: 'What is it about?' });
  await choice(chat).selectOption('part_exchange');
  await chat.frame.getByRole('textbox', { name: /^Registration plate/ }).fill('ab12 cde');
  await guest.page.goto(relay.site + '/cars/kia-e-niro.html');
  const next = await Chat.opened(guest.page);
  await next.frame.getByRole('button', { name: 'Talk to a person' }).click();
  assert.equal(await choice(next).inputValue(), 'part_exchange');
  const plate = next.frame.getByRole('textbox', { name: /^Registration plate/ });
  assert.equal(await plate.inputValue(), 'ab12 cde');
  await guest.end();
});

test('a suggestion asks with one press, and the counter warns near the limit', async () => {
  const guest = await arrive();
  const chat = await Chat.open(guest.page);
  await chat.frame.getByRole('button', { name: 'When are you open?' }).click();
  const [answer] = await chat.answers(1);
  assert.match(answer, /9 am to 6 pm/);
  await chat.box.fill('x'.repeat(3_900));
  await chat.frame.getByText('Characters left: 100').waitFor();
  await chat.box.fill('x'.repeat(4_001));
  await until('it cannot be sent', () => chat.frame.getByRole('button', { name: 'Send', exact: true }).isDisabled());
  await chat.box.press('Enter');
  await chat.frame.getByRole('alert').getByText('Characters too many: 1').waitFor({ state: 'attached' });
  await guest.end();
});

test('the page of the chat works alone, as a link in an e-mail', async () => {
  const guest = await visit(browser, relay);
  await guest.page.goto(`${relay.origin}/chat/site_harbour-cars`);
  const chat = new Chat(guest.page);
  await chat.usable();
  assert.equal(await guest.page.getByRole('button', { name: 'Close chat' }).count(), 0);
  await chat.say('Do you take part exchange?');
  assert.match((await chat.answers(1))[0], /part exchange/i);
  await guest.end();
});

test('SIGINT ends the relay with exit code 0', async () => {
  assert.deepEqual(await relay.quit(), { code: 0, signal: null });
  await relay.run();
});
