// The launcher as a visitor and a screen reader meet it. Its shadow root is closed, as in real life,
// so it is looked at through the browser's own tools, and pressed where it is on the screen.

import { until } from './browser.mjs';

const HOST = 'forecourt-chat';

export class Launcher {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** Waits until it is there. */
  async appears() {
    await this.page.locator(HOST).waitFor({ state: 'attached' });
    return this;
  }

  /** Where it is on the screen. */
  async box() {
    return this.look('button', 'function () { const r = this.getBoundingClientRect(); return { x: r.x, y: r.y, width: r.width, height: r.height }; }');
  }

  /** Presses it with the mouse, in its middle. */
  async click() {
    const { x, y, width, height } = await this.box();
    await this.page.mouse.click(x + width / 2, y + height / 2);
  }

  /** Runs a function on the first element of the shadow root that fits the selector; null if none does. */
  async look(selector, body) {
    const cdp = await this.page.context().newCDPSession(this.page);
    try {
      const { root } = await cdp.send('DOM.getDocument', { depth: -1, pierce: true });
      const host = find(root, (node) => node.localName === HOST);
      const shadow = host?.shadowRoots?.[0];
      if (!shadow) return null;
      const { nodeId } = await cdp.send('DOM.querySelector', { nodeId: shadow.nodeId, selector });
      if (!nodeId) return null;
      const { object } = await cdp.send('DOM.resolveNode', { nodeId });
      const { result, exceptionDetails } = await cdp.send('Runtime.callFunctionOn', {
        objectId: object.objectId,
        functionDeclaration: body,
        returnByValue: true,
      });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    } finally {
      await cdp.detach();
    }
  }

  /** What a screen reader is told of it: role, name, and the properties that it has. */
  async spoken() {
    const cdp = await this.page.context().newCDPSession(this.page);
    try {
      const { root } = await cdp.send('DOM.getDocument', { depth: -1, pierce: true });
      const button = find(find(root, (node) => node.localName === HOST), (node) => node.localName === 'button');
      const { nodes } = await cdp.send('Accessibility.getPartialAXTree', { backendNodeId: button.backendNodeId, fetchRelatives: false });
      const [node] = nodes;
      const properties = Object.fromEntries((node.properties ?? []).map(({ name, value }) => [name, value.value]));
      return { role: node.role?.value, name: node.name?.value, ignored: node.ignored, ...properties };
    } finally {
      await cdp.detach();
    }
  }

  /** Whether the panel is to be seen, and how large it is. */
  async panel() {
    return this.look('#panel', `function () {
      const r = this.getBoundingClientRect();
      return { seen: 0 < r.width, x: r.x, y: r.y, width: r.width, height: r.height, modal: this.getAttribute('aria-modal'), opacity: getComputedStyle(this).opacity };
    }`);
  }

  /** The chat's own frame, once it is there. */
  async frame(path = '/chat/') {
    return until('the chat has a frame', () => this.page.frames().find((frame) => frame.url().includes(path)));
  }
}

/** The first node of a tree for which `fits` holds, shadow roots included. */
function find(node, fits) {
  if (!node) return undefined;
  if (fits(node)) return node;
  for (const child of [...(node.shadowRoots ?? []), ...(node.children ?? [])]) {
    const found = find(child, fits);
    if (found) return found;
  }
  return undefined;
}
