// The whole course, and the way back to it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inBrowser, openBrowser } from './support/browser.js';
import { newLearner, progressOf, site } from './support/site.js';
import { bar, finishButton, open, status, tabTo, textOf } from './support/steps.js';

const pathOf = (page) => new URL(page.url()).pathname;

// All is done: the home page says so warmly, and the database agrees.
const assertHarvest = async (page, learner, finished) => {
  const { course, next } = await progressOf(learner);
  assert.equal(finished, course.total);
  assert.deepEqual([course.done, next], [course.total, null]);
  assert.equal(pathOf(page), '/');
  assert.equal((await bar(page, 'course')).text, `${course.total} grains sur ${course.total}`);
  assert.match(await textOf(page.locator('.lead')), /^Le champ est mûr : vous avez lu les \d+ grains du cours/);
  assert.match(await textOf(page.locator('.confirmation')), /Dernier grain terminé/);
};

inBrowser('the whole course is finished with the keyboard alone', {}, async (page) => {
  const learner = newLearner();
  const press = async (selector) => {
    // As keyboards do: over the outline to the text, then on.
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Aller au contenu');
    await page.keyboard.press('Enter');
    await tabTo(page, selector);
    await page.keyboard.press('Enter');
  };
  await open(page, learner);
  await press('.next-step a.button');
  await page.waitForURL(/\/grains\//);
  let finished = 0;
  for (;;) {
    const here = pathOf(page);
    await press('[data-finish] button');
    finished += 1;
    // Either the end of the grain changes in place, or a module is finished and has a page for it.
    await page.waitForFunction(
      (path) => location.pathname !== path || document.querySelector('.finish [role="status"]')?.textContent,
      here,
    );
    if (pathOf(page) === here) {
      await page.waitForFunction(() => document.activeElement.matches('.finish > a'));
      await page.keyboard.press('Enter');
    } else if (pathOf(page) === '/') {
      break;
    } else {
      assert.match(await textOf(page.locator('.milestone .lead')), /^Module \d+ terminé$/);
      await press('.milestone a.button');
      await page.waitForURL((url) => !url.search);
      await press('.next-step a.button');
    }
    await page.waitForURL((url) => url.pathname.startsWith('/grains/') && url.pathname !== here);
  }
  await assertHarvest(page, learner, finished);
  await page.goto(site.url('/'));
  assert.equal((await bar(page, 'course')).value, finished);
});

inBrowser('the whole course is finished without JavaScript', { javaScriptEnabled: false }, async (page) => {
  const learner = newLearner();
  await open(page, learner);
  await page.locator('.next-step a.button').click();
  let finished = 0;
  while (pathOf(page) !== '/') {
    if (pathOf(page).startsWith('/grains/')) {
      await finishButton(page).click();
      finished += 1;
      await page.waitForURL(/[?]finished=/);
      await page.locator('.confirmation, .milestone').waitFor();
    } else {
      await page.locator('.next-step a.button').click();
      await page.waitForURL((url) => !url.search);
    }
  }
  await assertHarvest(page, learner, finished);
});

test('a learner who closes the browser is where they were, by the cookie and by the address', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mini-site-profile-'));
  const learner = newLearner();
  let again;
  const before = await openBrowser(folder);
  try {
    const page = before.pages()[0];
    await open(page, learner, '/grains/grain1');
    await finishButton(page).click();
    await status(page).getByText('1 grain sur').waitFor();
    await before.close();

    again = await openBrowser(folder);
    const home = again.pages()[0];
    await home.goto(site.url('/'));
    assert.equal((await bar(home, 'course')).value, 1);
    assert.match(await textOf(home.locator('.next-step a')), /^Reprendre : /);
    await home.locator('.next-step a').click();
    await home.waitForURL(/\/grains\/grain2$/);

    // Somebody without the cookie is nobody, until the address names them.
    await again.clearCookies();
    await home.goto(site.url('/'));
    assert.equal(await home.locator('progress').count(), 0);
    await open(home, learner);
    assert.equal((await bar(home, 'course')).value, 1);
    assert.equal(new URL(home.url()).search, '');
  } finally {
    await before.close();
    await again?.close();
    await rm(folder, { recursive: true, force: true });
  }
});
