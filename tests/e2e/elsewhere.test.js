// A page of somebody else, on another server: the very one that docs/API.md gives to copy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { inBrowser } from './support/browser.js';
import { tokenFor } from './support/embed.js';
import { elsewhere, finishNext, newLearner, progressOf, site } from './support/site.js';

const guide = readFileSync(new URL('../../docs/API.md', import.meta.url), 'utf8');
const [, copied] = guide.match(/```html\n([^]*?)```/);
const GRAIN = 'grain8';
const options = { origins: [elsewhere.origin, elsewhere.unknownOrigin] };
const isApi = (url) => url.pathname.startsWith('/api/');

let count = 0;
// The page with our address and this token (none: without the attribute); answers its path.
const publish = (token, change = (html) => html) => {
  const path = `/page${(count += 1)}`;
  const html = copied
    .replaceAll('https://cours.example.fr', site.origin)
    .replace('data-token="LE-JETON"', token ? `data-token="${token}"` : '');
  assert.ok(!html.includes('LE-JETON') && !html.includes('example.fr'));
  elsewhere.publish(path, change(html));
  return path;
};

const show = (page, path, origin = elsewhere.origin) => page.goto(origin + path);
const plain = (text) => text.replaceAll('\u00a0', ' ');
const courseText = async (page) => plain(await page.locator('span[data-progress="course"]').textContent());
const says = (page, text) => page.getByRole('status').getByText(text).waitFor();
const filled = (page) => page.locator('progress[data-percent]').waitFor();
const button = (page) => page.locator('[data-grain]');

inBrowser('the page to copy fills its bars and finishes its grain', options, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 7);
  await show(page, publish(tokenFor(learner)));
  await filled(page);
  const { course } = await progressOf(learner);
  assert.equal(await courseText(page), `7 grains sur ${course.total}`);
  assert.equal(await page.locator('progress').evaluate((bar) => `${bar.value}/${bar.max}`), '1/7');
  assert.equal(await page.locator('.jauge > div').evaluate((bar) => bar.style.width || bar.style.getPropertyValue('--percent')), `${course.percent}%`);
  const { width } = await page.locator('.jauge > div').boundingBox();
  assert.ok(width > 0);

  await button(page).click();
  await says(page, 'grains sur 7 dans ce module.');
  assert.equal(await button(page).textContent(), 'Grain terminé');
  assert.equal(await courseText(page), `8 grains sur ${course.total}`);
  assert.equal(await page.locator('progress').evaluate((bar) => bar.value), 2);
  assert.ok((await progressOf(learner)).completed.some(({ grain_id }) => grain_id === GRAIN));

  // Another visit knows it.
  await page.reload();
  await page.locator('[data-grain][data-state="done"]').waitFor();
});

inBrowser('somebody who was never here gets a profile, whatever the letters of their name', { ...options, expected: /status of 401/ }, async (page) => {
  const learner = `Élodie-${newLearner()}-Ñ😀`;
  await show(page, publish(tokenFor(learner, { name: 'Élodie', email: 'elodie@example.fr' })));
  await filled(page);
  assert.match(await courseText(page), /^0 grain sur/);
  await button(page).click();
  await says(page, '1 grain sur 7 dans ce module.');
  await page.goto(site.url(`/?moodle_user_id=${encodeURIComponent(learner)}`));
  await page.getByText('Élodie').waitFor();
});

inBrowser('the token may stand in the address, or come later', options, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 3);
  const path = publish();
  await show(page, `${path}?token=${tokenFor(learner)}`);
  await filled(page);
  assert.match(await courseText(page), /^3 grains sur/);

  await show(page, path);
  assert.equal(await courseText(page), 'votre progression s’affiche ici');
  await button(page).click();
  await says(page, 'Ouvrez cette page depuis votre cours.');
  await page.evaluate((token) => window.miniSite.token(token), tokenFor(learner));
  assert.match(await courseText(page), /^3 grains sur/);
});

inBrowser('a token that is over is told beside the button, which tries again', { ...options, expected: /status of 401/ }, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 1);
  await show(page, publish(tokenFor(learner, { exp: Math.floor(Date.now() / 1000) - 3600 })));
  await says(page, 'Votre progression n’a pas pu être lue. Le jeton a expiré.');
  assert.equal(await courseText(page), 'votre progression s’affiche ici');
  await button(page).click();
  await says(page, 'Ce grain n’a pas été enregistré. Le jeton a expiré.');
  assert.equal(await button(page).textContent(), 'Réessayer');
  await page.evaluate((token) => window.miniSite.token(token), tokenFor(learner));
  await button(page).click();
  await says(page, 'dans ce module.');
});

const network = { ...options, expected: /Failed to load|blocked by CORS/ };

inBrowser('when the site is away the page stays usable', network, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 1);
  await page.route(isApi, (route) => route.abort());
  await show(page, publish(tokenFor(learner)));
  await says(page, 'Votre progression n’a pas pu être lue. Le site du cours ne répond pas.');
  await button(page).click();
  await says(page, 'Ce grain n’a pas été enregistré. Le site du cours ne répond pas.');
  await page.unroute(isApi);
  await button(page).click();
  await says(page, 'dans ce module.');
});

inBrowser('a page that the site does not know learns nothing', network, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 1);
  await show(page, publish(tokenFor(learner)), elsewhere.unknownOrigin);
  await says(page, 'Le site du cours ne répond pas.');
  await button(page).click();
  await says(page, 'Ce grain n’a pas été enregistré.');
  assert.equal((await progressOf(learner)).completed.length, 1);
});

inBrowser('nonsense in the page breaks nothing', { ...options, expected: /status of (401|404)/ }, async (page) => {
  const learner = newLearner();
  await finishNext(learner, 1);
  const nonsense = (html) => html.replace('data-progress="module2"', 'data-progress="]\'&quot;"').replace(GRAIN, 'grain-of-nobody');
  await show(page, publish(tokenFor(learner), nonsense));
  await page.locator('span[data-progress="module2"][data-percent]').waitFor();
  await button(page).click();
  await says(page, 'Ce grain n’a pas été enregistré. Aucun grain ne porte cet identifiant.');

  await show(page, publish('no.token.at-all'));
  await says(page, 'Votre progression n’a pas pu être lue. Le jeton est mal formé');
});
