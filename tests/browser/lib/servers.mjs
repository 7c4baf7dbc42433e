// Two small servers for the tests of the loader: a dealer's page, and a stand-in for the relay that
// serves the loader and a frame which does what the test says.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createServer as createProbe } from 'node:net';

const LOADER = process.env.WIDGET_JS || new URL('../../../www/loader/widget.js', import.meta.url);

/** A port that nobody listens on, below the range from which the system lends ports. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((resolve) => {
      const probe = createProbe().once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function serve(host, answer) {
  const port = await freePort();
  const server = createServer(async (request, response) => {
    const { status = 200, type = 'text/html; charset=utf-8', headers = {}, body } = await answer(new URL(request.url, 'http://x'));
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://${host}:${port}`,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}

const FRAME = `
const said = (window.said = []);
window.say = (message) => window.port.postMessage(message);
addEventListener('message', (event) => {
  if (event.data.forecourt !== 'port') return;
  window.port = event.ports[0];
  window.port.onmessage = ({ data }) => said.push(data.type);
  if (!location.search.includes('mute')) window.say({ type: 'ready' });
});
document.querySelector('input').addEventListener('keydown', (event) => event.key === 'Escape' && window.say({ type: 'close' }));
parent.postMessage({ forecourt: 'hello' }, '*');
`;

/** A relay that is all doors and no house. `frame` says how its frame behaves: good, blocked, mute. */
export async function fakeRelay() {
  const relay = await serve('127.0.0.1', async ({ pathname }) => {
    if (pathname === '/widget.js') return { type: 'text/javascript; charset=utf-8', body: await readFile(LOADER) };
    if (pathname === '/frame.js') return { type: 'text/javascript', body: FRAME };
    if (pathname === '/chat/site_mute') return { body: '<!doctype html><title>Mute</title>' };
    if (pathname === '/chat/site_blocked') return { headers: { 'content-security-policy': "frame-ancestors 'none'" }, body: 'no' };
    if (pathname.startsWith('/chat/')) {
      return { body: '<!doctype html><html lang="en"><title>Chat</title><main><h1>Chat</h1><label>Message <input></label></main><script src="/frame.js"></script>' };
    }
    return { status: 404, body: '' };
  });
  return relay;
}

/** A dealer's site of one page, made anew for each test by `page`. */
export async function dealersSite() {
  const site = {
    page: () => '',
    headers: {},
    ...(await serve('localhost', async ({ pathname }) =>
      pathname === '/favicon.ico' ? { status: 204, body: '' } : { headers: site.headers, body: site.page(pathname) })),
  };
  return site;
}

/** A plain page with the snippet. */
export const pageWith = (snippet, { html = 'lang="en"', head = '', body = '' } = {}) => `<!doctype html>
<html ${html}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A dealer</title>${head}
${snippet}</head>
<body><main><h1>Cars</h1><p><a href="/next">Next page</a> <button>Filter</button></p>${body}</main></body></html>`;

const DEMO = new URL('../../../www/demo/', import.meta.url);
const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css', svg: 'image/svg+xml' };

/** The demo dealer's site as the relay serves it, but from the folder and with the stand-in's chat. */
export const demoSite = (relay) =>
  serve('localhost', async ({ pathname }) => {
    const type = TYPES[pathname.split('.').pop()] ?? TYPES.html;
    try {
      const body = await readFile(new URL('.' + (pathname === '/' ? '/index.html' : pathname), DEMO), 'utf8');
      return { type, body: body.replaceAll('{{RELAY}}', relay.origin).replaceAll('{{SITE_KEY}}', 'site_harbour-cars') };
    } catch {
      return { status: 404, body: 'Not found' };
    }
  });
