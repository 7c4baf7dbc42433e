// The chat as a visitor uses it: by the names that stand on its parts.

import { until } from './browser.mjs';
import { Launcher } from './launcher.mjs';

export class Chat {
  /** @param {import('playwright-core').Frame | import('playwright-core').Page} frame */
  constructor(frame) {
    this.frame = frame;
    this.box = frame.getByRole('textbox', { name: 'Your message' });
    this.transcript = frame.locator('ol.transcript');
  }

  /** Presses the launcher of a dealer's page and waits until the chat can be used. */
  static async open(page) {
    const launcher = await new Launcher(page).appears();
    await launcher.click();
    return Chat.opened(page);
  }

  /** The chat that is open already, as on the dealer's next page. */
  static async opened(page) {
    const frame = await until('the frame of the chat', () => page.frames().find((frame) => frame.url().includes('/chat/') && !frame.isDetached()));
    const chat = new Chat(frame);
    await chat.usable();
    return chat;
  }

  /** Waits until the visitor can type, and sees the notice. */
  async usable() {
    await this.box.waitFor();
    await this.frame.locator('section.notice:not([hidden])').waitFor();
  }

  /** Types and sends. */
  async say(text) {
    await this.box.fill(text);
    await this.box.press('Enter');
  }

  /** What stands in the transcript, oldest first: whose and which words. Lines that are being written have `written`. */
  async lines() {
    return this.transcript.locator(':scope > li:not([hidden])').evaluateAll((rows) =>
      rows
        .filter((row) => row.matches('.own') || row.querySelector('[data-ai-generated]'))
        .map((row) => ({
          who: row.matches('.own') ? 'visitor' : 'ai',
          text: row.querySelector('.bubble').innerText.trim(),
          state: ['written', 'pending', 'refused'].find((name) => row.classList.contains(name)) ?? 'kept',
        })));
  }

  /** The words of one side that are kept. */
  async kept(who) {
    return (await this.lines()).filter((line) => line.who === who && line.state === 'kept').map((line) => line.text);
  }

  /** Waits until `count` answers have been written to their end, and returns them. */
  async answers(count, ms = 15_000) {
    return until(`${count} answers`, async () => {
      const answers = await this.kept('ai');
      return count <= answers.length && answers;
    }, ms);
  }
}

/** Counts the frames that a page sends over any socket, its frames' sockets included. */
export function listenToSockets(page) {
  const sent = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))));
  return sent;
}
