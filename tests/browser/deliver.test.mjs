// A lead on its whole way: from a visitor's keyboard to the dealership's mailbox, its webhook and the system
// that reads ADF. The mail server is one that others use, TLS and all.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { SMTPServer } from 'smtp-server';

import { openBrowser, until, visit } from './lib/browser.mjs';
import { Chat } from './lib/chat.mjs';
import { Forecourt } from './lib/forecourt.mjs';
import { press, tabTo } from './lib/keyboard.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DTD = join(ROOT, 'relay/src/outbox/adf/adf.dtd');

/** How soon a lead has to be with the dealership (D-52). */
const WITHIN_MS = 10_000;

let browser, relay, inbox, desk;
const mails = [];
const posts = [];

/** A mail server that takes all, by TLS from the first byte. */
async function openInbox() {
  const [key, cert] = await Promise.all(['key', 'pem'].map((end) => readFile(join(ROOT, `tests/certs/localhost.${end}`))));
  const server = new SMTPServer({
    secure: true,
    key,
    cert,
    authOptional: true,
    onData(stream, { envelope }, done) {
      const parts = [];
      stream.on('data', (part) => parts.push(part));
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, data: Buffer.concat(parts).toString(), at: performance.now() });
        done();
      });
    },
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** What takes webhooks and ADF. */
async function openDesk() {
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      posts.push({ path: request.url, headers: request.headers, body: Buffer.concat(parts), at: performance.now() });
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

before(async () => {
  [browser, inbox, desk] = await Promise.all([openBrowser(), openInbox(), openDesk()]);
  const at = `127.0.0.1:${desk.address().port}`;
  Object.assign(process.env, {
    FORECOURT_MAIL_SERVER: `smtps://localhost:${inbox.server.address().port}`,
    FORECOURT_MAIL_FROM: 'chat@operator.example',
    FORECOURT_MAIL_ROOTS: join(ROOT, 'tests/certs/ca.pem'),
    FORECOURT_DELIVERY_PRIVATE_TARGETS: at,
  });
  relay = await Forecourt.start();
  // A dealer of its own: those of the demo are as the demo has them at each start.
  const folder = join(relay.data, 'dealer');
  await cp(join(ROOT, 'www/demo/dealer2'), folder, { recursive: true });
  const file = join(folder, 'dealer.toml');
  const text = (await readFile(file, 'utf8'))
    .replaceAll('http://localhost:8090', relay.site)
    .replaceAll('Meadow Motors', 'Quay Cars')
    .replaceAll('site_meadow-motors', 'site_quay-cars')
    .replace('"enquiry", ', '"enquiry", "test_drive", ');
  await writeFile(file, `${text}
[[deliver]]
name = "sales"
mail = ["sales@quay.example"]

[[deliver]]
name = "crm"
webhook = "http://${at}/hook"
payload = "full"

[[deliver]]
name = "dms"
adf = "http://${at}/adf"
`);
  await relay.quit();
  await relay.command('dealer', 'add', '--file', file);
  await relay.run();
});

after(async () => {
  await browser?.close();
  await relay?.end();
  inbox?.close();
  desk?.close();
});

/** The dealer's chat on a page of its own. */
async function open(page) {
  await page.goto(`${relay.origin}/chat/site_quay-cars`);
  const chat = new Chat(page);
  await chat.usable();
  return chat;
}

test('a test drive that is asked for by keyboard is with the dealership in seconds, in each form', async () => {
  const guest = await visit(browser, relay);
  const errors = [];
  guest.page.on('pageerror', (error) => errors.push(error));
  const { keyboard } = guest.page;
  const chat = await open(guest.page);
  const panel = chat.frame.locator('#panel');
  await chat.say('Can I test drive a camper van?');
  await chat.answers(1);
  await press(guest.page, chat.frame.getByRole('button', { name: 'Test drive', exact: true }));
  const fill = async (label, text) => {
    await tabTo(guest.page, panel.getByRole('textbox', { name: label }));
    await keyboard.type(text);
  };
  await fill(/^Name/, 'Łukasz O’Neil =1+1');
  await fill(/^E-mail/, 'lukasz@example.org');
  await press(guest.page, panel.getByRole('button', { name: 'Check and send' }));
  const began = performance.now();
  await press(guest.page, panel.getByRole('button', { name: 'Send to Quay Cars' }));
  const shown = panel.getByText(/led_[0-9a-f]{8}/).first();
  await shown.waitFor();
  const [lead] = /led_[0-9a-f]+/.exec(await shown.innerText());
  await until('all three have it', () => mails.length === 1 && posts.length === 2);
  const last = Math.max(...mails.map(({ at }) => at), ...posts.map(({ at }) => at));
  assert.ok(last - began < WITHIN_MS, `${last - began} ms`);

  // The mailbox.
  const [{ to, data }] = mails;
  assert.deepEqual(to, ['sales@quay.example']);
  assert.match(data, /^Reply-To: lukasz@example\.org\r$/m);
  assert.match(data, /^Subject: Test drive for Quay Cars\r$/m);
  assert.ok(data.includes(lead));

  // ADF, by two readers that know nothing of each other.
  const adf = posts.find(({ path }) => path === '/adf').body.toString();
  const file = join(relay.data, 'lead.xml');
  await writeFile(file, adf);
  await promisify(execFile)('xmllint', ['--noout', '--nonet', '--dtdvalid', DTD, file]);
  const blank = await guest.context.newPage();
  const read = await blank.evaluate((text) => {
    const xml = new DOMParser().parseFromString(text, 'application/xml');
    const word = (path) => xml.querySelector(path)?.textContent;
    const vehicle = xml.querySelector('vehicle')?.getAttribute('interest');
    return { broken: Boolean(xml.querySelector('parsererror')), vehicle, id: word('prospect > id'), name: word('customer name') };
  }, adf);
  assert.deepEqual(read, { broken: false, vehicle: 'test-drive', id: lead, name: 'Łukasz O’Neil =1+1' });
  assert.deepEqual(errors, []);
  await guest.end();

  // The webhook, by the recipe of docs/webhooks.md.
  const hook = posts.find(({ path }) => path === '/hook');
  await relay.quit();
  const { stdout } = await relay.command('lead', 'secret', 'site_quay-cars', 'crm');
  await relay.run();
  const key = Buffer.from(stdout.trim().replace('whsec_', ''), 'base64');
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = hook.headers;
  const wanted = createHmac('sha256', key).update(`${id}.${time}.`).update(hook.body).digest('base64');
  assert.equal(signature, `v1,${wanted}`);
  const told = JSON.parse(hook.body);
  assert.deepEqual([told.type, told.data.lead, told.data.kind, told.data.name], ['lead.created', lead, 'test_drive', 'Łukasz O’Neil =1+1']);
});

test('who deletes the chat after that has the dealership told to delete, too', async () => {
  const guest = await visit(browser, relay);
  const chat = await open(guest.page);
  const panel = chat.frame.locator('#panel');
  await chat.say('When are you open?');
  await chat.answers(1);
  await chat.frame.getByRole('button', { name: 'Talk to a person' }).click();
  await panel.getByRole('textbox', { name: /^Name/ }).fill('Alex Example');
  await panel.getByRole('textbox', { name: /^Telephone/ }).fill('0131 496 0777');
  const before = [mails.length, posts.length];
  await panel.getByRole('button', { name: 'Check and send' }).click();
  await panel.getByRole('button', { name: 'Send to Quay Cars' }).click();
  const shown = panel.getByText(/led_[0-9a-f]{8}/).first();
  await shown.waitFor();
  const [lead] = /led_[0-9a-f]+/.exec(await shown.innerText());
  await until('all three have it', () => mails.length === before[0] + 1 && posts.length === before[1] + 2);
  await panel.getByRole('button', { name: 'Back to the chat' }).first().click();
  await chat.frame.getByRole('button', { name: 'Your chat and your data' }).click();
  const menu = chat.frame.getByRole('dialog', { name: 'Your chat and your data' });
  await menu.getByRole('button', { name: 'Delete this chat' }).click();
  await menu.getByRole('button', { name: 'Delete for good' }).click();
  await chat.frame.getByRole('dialog', { name: 'Your chat is deleted' }).waitFor();
  await until('the mailboxes and the webhook are told', () => mails.length === before[0] + 3 && posts.length === before[1] + 3);
  const told = JSON.parse(posts.at(-1).body);
  assert.deepEqual([told.type, told.data], ['subject.erased', { dealer: told.data.dealer, lead }]);
  const words = mails.slice(-2).map(({ data }) => data.replaceAll('=\r\n', ''));
  assert.ok(words.every((data) => data.includes(`Please delete lead ${lead}`) && !data.includes('Alex')));
  await guest.end();
});
