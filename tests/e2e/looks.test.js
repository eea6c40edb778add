// What every kind of page owes to everybody: readable by all, on any width, in any theme, on paper.
import assert from 'node:assert/strict';
import { violations } from './support/axe.js';
import { inBrowser } from './support/browser.js';
import { kinds } from './support/kinds.js';
import { finishNext, newLearner, progressOf, site } from './support/site.js';
import { finishButton, open, status } from './support/steps.js';

// Where the page is wider than its window: the page itself, or anything outside a scrolling region.
const overflow = (page) =>
  page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
    const isHeld = (element) => {
      for (let around = element.parentElement; around; around = around.parentElement) if (scrolls(around)) return true;
      return element.closest('.visually-hidden, .skip-link, svg *');
    };
    const wide = [...document.body.querySelectorAll('*')].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return (right > clientWidth + 1 || left < -1) && element.checkVisibility() && !isHeld(element);
    });
    const named = wide.map((element) => `${element.localName}.${element.className?.baseVal ?? element.className}`);
    return scrollWidth > clientWidth ? [`the page: ${scrollWidth} px`, ...named] : named;
  });

for (const { name, open: show, status: expected = 200, isGrain, visitor, origins } of kinds) {
  const options = { visitor, origins };

  inBrowser(`${name}: axe, the console and the policy have nothing to say, in both themes`, options, async (page) => {
    let answer;
    page.on('response', (response) => response.request().isNavigationRequest() && (answer = response));
    await show(page);
    assert.equal(answer.status(), expected);
    const { 'content-security-policy': policy } = answer.headers();
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.deepEqual(await violations(page), []);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await ground(), light);
    assert.deepEqual(await violations(page), []);
  });

  // 1280 px enlarged four times are 320 px by 256, each pixel four times as large.
  const zoomed = { ...options, viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 };
  inBrowser(`${name}: nothing is cut off at 400 % of 1280 px nor at 320 px, and paper has no buttons`, zoomed, async (page) => {
    await show(page);
    assert.deepEqual(await overflow(page), []);
    await page.setViewportSize({ width: 320, height: 640 });
    const outline = page.locator('.outline > summary');
    if (await outline.count()) {
      await outline.click();
      await page.getByRole('navigation', { name: 'Plan du cours' }).waitFor();
    }
    assert.deepEqual(await overflow(page), []);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('form:visible, button:visible, .outline:visible, .pager:visible').count(), 0);
    if (isGrain) {
      // Answers are open, and the text is all there.
      assert.equal(await page.locator('.reading').isVisible(), true);
      const hidden = await page.locator('.reading details').evaluateAll((all) =>
        all.filter((each) => !each.lastElementChild.checkVisibility({ contentVisibilityAuto: true })).length,
      );
      assert.equal(hidden, 0, `${hidden} answers are closed on paper`);
    }
  });
}

inBrowser('a grain just finished in place: axe finds nothing, nothing is cut off, nothing moves', {}, async (page) => {
  await open(page, newLearner(), '/grains/grain1');
  await finishButton(page).click();
  await status(page).getByText('Grain terminé.').waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.deepEqual(await overflow(page), []);
});

inBrowser('every grain fits 320 px, and wide tables scroll inside', { viewport: { width: 320, height: 640 } }, async (page) => {
  const learner = newLearner();
  await finishNext(learner);
  const { completed } = await progressOf(learner);
  await open(page, learner);
  let scrolling = 0;
  for (const { grain_id } of completed) {
    await page.goto(site.url(`/grains/${grain_id}`));
    assert.deepEqual(await overflow(page), [], grain_id);
    scrolling += await page.locator('.reading .table-scroll').evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).length);
  }
  assert.ok(scrolling > 0, 'no table was wide enough to prove anything');
});
