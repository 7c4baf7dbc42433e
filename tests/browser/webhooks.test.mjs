// The functions of docs/webhooks.md, taken from the page and run as a dealer's system would run them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const PAGE = fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url));
const PYTHON_WITHIN_MS = 20_000;

// The example of Standard Webhooks, here once more, so that the page cannot change it unseen.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const SENT_AT_S = 1614265330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const OTHER = `v1,${'A'.repeat(43)}=`;
// What anybody can sign: whoever verifies with an empty key would take it.
const WITHOUT_KEY = `v1,${createHmac('sha256', '').update(`${ID}.${SENT_AT_S}.${BODY}`).digest('base64')}`;

/** What arrives, with what differs from the example. */
const request = (differs = {}) => ({ secret: SECRET, id: ID, body: BODY, signature: SIGNATURE, now: SENT_AT_S, ...differs });

const TAKEN = [
  request(),
  request({ signature: `${OTHER} ${SIGNATURE}` }),
  request({ now: SENT_AT_S + 300 }),
  request({ now: SENT_AT_S - 300 }),
];
const REFUSED = [
  request({ body: '{"test": 2432232315}' }),
  request({ now: SENT_AT_S + 301 }),
  request({ now: SENT_AT_S - 301 }),
  request({ signature: OTHER }),
  request({ signature: 'é'.repeat(SIGNATURE.length) }),
  request({ signature: undefined }),
  request({ secret: '', signature: WITHOUT_KEY }),
];

let page, blocks, folder;

before(async () => {
  page = await readFile(PAGE, 'utf8');
  blocks = new Map([...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => [language, code]));
  folder = await mkdtemp(join(tmpdir(), 'forecourt-webhooks-'));
});

after(async () => {
  if (folder) await rm(folder, { recursive: true });
});

const headersOf = ({ id, signature }) => ({
  'webhook-id': id,
  'webhook-timestamp': String(SENT_AT_S),
  ...(signature === undefined ? {} : { 'webhook-signature': signature }),
});

const expected = [...TAKEN.map(() => true), ...REFUSED.map(() => false)];

test('the page has a function in five languages, and the example of the standard', () => {
  assert.deepEqual([...blocks.keys()], ['python', 'js', 'php', 'csharp', 'go']);
  for (const value of [SECRET, ID, String(SENT_AT_S), BODY, SIGNATURE]) {
    assert.ok(page.includes(`\`${value}\``), `the page has no \`${value}\``);
  }
});

test('the function in JavaScript takes what is ours and refuses the rest', async () => {
  const file = join(folder, 'is-ours.mjs');
  await writeFile(file, blocks.get('js'));
  const { isOurs } = await import(pathToFileURL(file));
  const found = [...TAKEN, ...REFUSED].map((one) => isOurs(one.secret, headersOf(one), Buffer.from(one.body), one.now));
  assert.deepEqual(found, expected);
});

test('the function in Python takes what is ours and refuses the rest', async (context) => {
  const requests = [...TAKEN, ...REFUSED].map((one) => ({ ...one, headers: headersOf(one) }));
  const asks = `
import json, sys
for one in json.loads(sys.argv[1]):
    print(json.dumps(is_ours(one["secret"], one["headers"], one["body"].encode(), one["now"])))
`;
  const file = join(folder, 'is_ours.py');
  await writeFile(file, blocks.get('python') + asks);
  const python = promisify(execFile)('python3', [file, JSON.stringify(requests)], { timeout: PYTHON_WITHIN_MS });
  const answer = await python.catch((error) => {
    if (error.code !== 'ENOENT' || ['1', 'true'].includes(process.env.CI)) throw error;
  });
  if (!answer) return context.skip('there is no python3');
  assert.deepEqual(answer.stdout.trim().split('\n').map((line) => JSON.parse(line)), expected);
});
