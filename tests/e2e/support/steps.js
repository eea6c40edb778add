// What a learner does, and what they see.
import assert from 'node:assert/strict';
import { site } from './site.js';

/** Opens the session of a learner, and a page. */
export const open = (page, learner, path = '/') => page.goto(site.url(`${path}?moodle_user_id=${learner}`));

/** The button of a grain. */
export const finishButton = (page) => page.getByRole('button', { name: 'Terminer ce grain' });

/** What the script says once it has finished a grain. */
export const status = (page) => page.locator('.finish [role="status"]');

/** « 3 grains sur 8 », its no-break space made plain. */
const plain = (text) => text.replaceAll('\u00a0', ' ');

/** What the bars of a scope say: `{ value, max, text }`, all of them agreeing. */
export const bar = async (page, scope) => {
  const found = await page.locator(`[data-scope="${scope}"]`).evaluateAll((bars) =>
    bars.map((each) => {
      const { value, max } = each.querySelector('progress');
      return JSON.stringify({ value, max, text: each.querySelector('[data-progress-text]').textContent });
    }),
  );
  assert.equal(new Set(found).size, 1, `the bars of ${scope} disagree: ${found}`);
  const { value, max, text } = JSON.parse(found[0]);
  return { value, max, text: plain(text) };
};

/** What a part of the page says, blanks made plain. */
export const textOf = async (locator) => plain(await locator.innerText()).replace(/\s+/g, ' ').trim();

/** Goes on with the Tab key until the focus is on `selector`. */
export const tabTo = async (page, selector, limit = 80) => {
  for (let pressed = 0; pressed < limit; pressed += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  assert.fail(`${limit} times Tab, and the focus never came to ${selector} on ${page.url()}`);
};
