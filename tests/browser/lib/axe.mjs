// What axe finds. A page under test must be opened with `bypassCSP`, so that axe itself may run.

import axe from 'axe-core';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Serious faults in one frame, each in a line. */
export async function seriousFaults(frame) {
  await frame.evaluate(axe.source + '; undefined');
  const { violations } = await frame.evaluate((tags) => window.axe.run(document, { runOnly: tags, iframes: false }), STANDARDS);
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => html.slice(0, 120) + ' ' + failureSummary).join('; ')}`);
}

/** axe can't look into a closed root, so for it alone the root is opened. */
export const openRoots = (page) =>
  page.addInitScript(() => {
    const { attachShadow } = Element.prototype;
    Element.prototype.attachShadow = function (options) {
      return attachShadow.call(this, { ...options, mode: 'open' });
    };
  });
