// « Terminer ce grain », with the script, and whatever happens to the script.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { inBrowser } from './support/browser.js';
import { finishNext, newLearner, progressOf, site } from './support/site.js';
import { bar, finishButton, open, status, textOf } from './support/steps.js';

const isApi = (url) => url.pathname === '/api/progress';

inBrowser('the bars move without a reload, and the next grain has the focus', {}, async (page) => {
  await open(page, newLearner(), '/grains/grain1');
  const { max: all } = await bar(page, 'course');
  await page.evaluate(() => (window.isSamePage = true));
  await finishButton(page).click();
  await status(page).getByText('Grain terminé.').waitFor();
  assert.match(await textOf(status(page)), /^Grain terminé\. 1 grain sur \d+ dans ce module\.$/);
  assert.equal(await page.evaluate(() => window.isSamePage), true);
  assert.deepEqual(await bar(page, 'course'), { value: 1, max: all, text: `1 grain sur ${all}` });
  assert.equal((await bar(page, 'sequence1')).value, 1);
  assert.match(await textOf(page.locator('.outline-module .outline-count').first()), /^1\//);
  assert.equal(await page.locator('.outline [aria-current]').locator('xpath=..').getAttribute('class'), 'is-done');
  assert.equal(await finishButton(page).count(), 0);
  const focused = page.locator(':focus');
  assert.match(await textOf(focused), /^Reprendre : /);
  await focused.press('Enter');
  await page.waitForURL(/\/grains\/grain2$/);
});

inBrowser('the end of a sequence is said, the end of a module has its page', {}, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 2);
  await open(page, learner, '/grains/grain3');
  await finishButton(page).click();
  await status(page).getByText('Belle étape : la séquence est terminée. 3 grains sur').waitFor();
  await finishNext(learner, 2);
  await page.goto(site.url('/grains/grain6'));
  await finishButton(page).click();
  await page.waitForURL(/\/modules\/module1[?]finished=grain6$/);
  assert.equal(await textOf(page.locator('.milestone .lead')), 'Module 1 terminé');
});

inBrowser('a double click finishes one grain and takes nothing back', {}, async (page) => {
  const learner = newLearner();
  await open(page, learner, '/grains/grain1');
  const posts = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  // The second click of a slow hand comes when the button that takes it back has just appeared.
  await page.evaluate(() => {
    const press = () => {
      const click = new MouseEvent('click', { detail: 2, bubbles: true, cancelable: true });
      window.wasStopped = !document.querySelector('.done-on button').dispatchEvent(click);
    };
    new MutationObserver(press).observe(document.querySelector('.finish [role="status"]'), { childList: true });
  });
  await finishButton(page).dblclick();
  await status(page).getByText('Grain terminé.').waitFor();
  assert.equal(await page.evaluate(() => window.wasStopped), true);
  await page.locator('.finish > a').press('Enter');
  await page.waitForURL(/\/grains\/grain2$/);
  assert.deepEqual(posts, [site.url('/api/progress')]);
  assert.equal((await progressOf(learner)).completed.length, 1);
});

for (const [failure, answer] of Object.entries({
  'the network fails': (route) => route.abort(),
  'the API answers 500': (route) => route.fulfill({ status: 500, json: { error: { code: 'internal', message: '…' } } }),
  'the API answers with a page': (route) => route.fulfill({ contentType: 'text/html', body: '<p>Portail captif' }),
  'the API answers something else': (route) => route.fulfill({ json: { grain_id: 'grain1' } }),
  'the API answers for another grain': async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), grain_id: 'grain2' } });
  },
  'the API never answers': () => {},
})) {
  inBrowser(`when ${failure} the plain form finishes the grain`, { expected: /^console: Failed to load/ }, async (page) => {
    const learner = newLearner();
    await open(page, learner, '/grains/grain1');
    await page.route(isApi, answer);
    await finishButton(page).click();
    await page.waitForURL(/\/grains\/grain2[?]finished=grain1$/);
    assert.match(await textOf(page.locator('.confirmation')), /^Grain terminé\. 1 grain sur/);
    assert.equal((await progressOf(learner)).completed.length, 1);
  });
}

inBrowser('when the page cannot be read again the plain form goes on', { expected: /^console: Failed to load/ }, async (page) => {
  const learner = newLearner();
  await open(page, learner, '/grains/grain1');
  await page.route('**/grains/grain1', (route) => route.abort());
  await finishButton(page).click();
  await page.waitForURL(/\/grains\/grain2[?]finished=grain1$/);
  assert.equal((await progressOf(learner)).completed.length, 1);
});

inBrowser('when the session has ended the page says what was not saved', { expected: /status of 401/ }, async (page, context) => {
  await open(page, newLearner(), '/grains/grain1');
  await context.clearCookies();
  await finishButton(page).click();
  await page.getByRole('heading', { name: 'Votre session est terminée' }).waitFor();
  assert.match(await textOf(page.locator('main')), /n’est pas encore marqué comme terminé/);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with' : 'without';

  inBrowser(`a finished grain is taken back, ${how} JavaScript`, { javaScriptEnabled }, async (page) => {
    const learner = newLearner();
    await open(page, learner, '/grains/grain1');
    await finishButton(page).click();
    if (!javaScriptEnabled) {
      await page.waitForURL(/finished=grain1/);
      await page.getByRole('button', { name: 'Annuler' }).click();
    } else {
      await status(page).getByText('Grain terminé.').waitFor();
      // Not by the mouse: the first half second is calm on purpose.
      await page.getByRole('button', { name: 'Je veux le revoir plus tard' }).press('Enter');
    }
    await page.waitForURL(/\/grains\/grain1$/);
    await finishButton(page).waitFor();
    assert.equal((await bar(page, 'course')).value, 0);
    assert.equal((await progressOf(learner)).completed.length, 0);
  });

  inBrowser(`the back button shows the grain as it is, ${how} JavaScript`, { javaScriptEnabled }, async (page) => {
    await open(page, newLearner(), '/grains/grain1');
    await finishButton(page).click();
    if (javaScriptEnabled) await page.locator('.finish > a').press('Enter');
    await page.waitForURL(/\/grains\/grain2/);
    await page.goBack();
    await page.waitForURL(/\/grains\/grain1$/);
    await page.getByText('Vous avez terminé ce grain le').waitFor();
    assert.equal(await finishButton(page).count(), 0);
    assert.equal((await bar(page, 'course')).value, 1);
  });
}

test('the script weighs less than 3 KB', async () => {
  const response = await fetch(site.url('/assets/js/progress-api.js'), { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(response.headers.get('content-encoding'), 'gzip');
  const size = gzipSync(await response.text(), { level: 9 }).length;
  assert.ok(size < 3000, `${size} bytes`);
});
