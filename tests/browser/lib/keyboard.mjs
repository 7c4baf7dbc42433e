// A visitor without a mouse.

import assert from 'node:assert/strict';

/**
 * Goes on by Tab to what is named. What takes the focus by itself, such as a wrong field, is reached already.
 *
 * @param {import('playwright-core').Page} page
 * @param {import('playwright-core').Locator} target
 */
export async function tabTo(page, target) {
  await target.waitFor();
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await isThere()); presses += 1) {
    assert.ok(presses < 60, `Tab never comes to ${target}`);
    await page.keyboard.press('Tab');
  }
}

/** Presses what Tab comes to. */
export async function press(page, target) {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}
