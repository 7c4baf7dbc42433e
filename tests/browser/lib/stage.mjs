// A dealer's page with the snippet, beside a relay that only the loader knows: for tests of the loader.

import { openBrowser, visit } from './browser.mjs';
import { Launcher } from './launcher.mjs';
import { dealersSite, fakeRelay, pageWith } from './servers.mjs';

/** Sets the stage: a browser, a relay, a dealer's site, and the ways to them. */
export async function setStage() {
  const [browser, relay, site] = await Promise.all([openBrowser(), fakeRelay(), dealersSite()]);

  const tag = (more = '', key = 'site_good') => `<script async src="${relay.origin}/widget.js" data-site="${key}" ${more}></script>`;

  /** Opens a dealer's page with the snippet, and waits for the launcher unless told otherwise. */
  async function arrive({ snippet = tag(), page = {}, options, headers = {}, tolerate, appears = true, prepare } = {}) {
    site.page = () => pageWith(snippet, page);
    site.headers = headers;
    const guest = await visit(browser, { origins: [site.origin, relay.origin], tolerate }, options);
    if (prepare) await prepare(guest);
    await guest.page.goto(site.origin + '/');
    guest.launcher = new Launcher(guest.page);
    if (appears) await guest.launcher.appears();
    return guest;
  }

  /** Opens the chat as a visitor does, and waits until its frame is ready. */
  async function open(guest) {
    await guest.launcher.click();
    const frame = await guest.launcher.frame();
    await frame.waitForFunction(() => window.said?.includes('shown'));
    return frame;
  }

  async function strike() {
    await browser.close();
    await Promise.all([relay.stop(), site.stop()]);
  }

  return { browser, relay, site, tag, arrive, open, strike };
}
