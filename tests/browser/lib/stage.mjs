// A dealer's page with the snippet and the stand-in for the relay: what the tests of the loader begin with.

import { visit } from './browser.mjs';
import { Launcher } from './launcher.mjs';
import { pageWith } from './servers.mjs';

/** How to write the tag, arrive on the page and open the chat, on these servers. */
export function stage(browser, relay, site) {
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

  return { tag, arrive, open };
}
