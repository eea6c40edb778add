// A teacher chooses in the dialog of the platform what an activity will open.
import assert from 'node:assert/strict';
import { violations } from '../support/axe.js';
import { engines } from './engines.js';
import { HELENE } from './platform.js';
import { browserTest, inChromium } from './run.js';
import { enter, launch } from './steps.js';

const open = async (browser, platform) => {
  await browser.goto(platform.signInUrl(HELENE, platform.pickerUrl));
  await enter(browser);
  await browser.frame.says('Insérer');
};

// What is in a module is folded until somebody asks for it.
const tick = async (view, id) => {
  const folded = `//details[not(@open)][.//input[@value="${id}"]]/summary`;
  if (await view.read(`document.querySelector('details:not([open]) input[value="${id}"]') !== null`)) await view.press(folded);
  await view.press(`//label[.//input[@value="${id}"]]`);
};

// The answer is posted by the site's page, which has a button where there is no script.
const send = async (browser, button) => {
  await browser.frame.click(button);
  if (!browser.hasScript) await browser.frame.press('//form[.//input[@name="JWT"]]//button');
  await browser.frame.at(/contentitem_return\.php/);
};

for (const engine of engines.filter(({ name }) => !name.includes('allowed'))) {
  browserTest(
    `${engine.name}: a teacher picks a module, and the learner's launch opens it`,
    engine,
    async (browser, { moodle }) => {
      const before = moodle.activities.length;
      await open(browser, moodle);
      await tick(browser.frame, 'module2');
      await send(browser, 'Insérer');
      await browser.frame.click('Enregistrer et revenir au cours');
      await browser.top.at(/\/course\/view\.php/);
      const [activity, ...more] = moodle.activities.slice(before);
      assert.deepEqual(more, []);
      assert.deepEqual(activity.custom, { module: 'module2' });
      assert.ok(activity.grade.maximum > 0);
      await launch(browser, moodle, moodle.enrol(), activity, /\/modules\/module2$/);
      await browser.frame.says('0 grain sur');
    },
  );
}

inChromium('several choices make several activities', {}, async (browser, { moodle }) => {
  await open(browser, moodle);
  for (const id of ['course', 'sequence3', 'grain8']) await tick(browser.frame, id);
  await send(browser, 'Insérer');
  await browser.frame.says('Enregistrer');
  const items = moodle.picked.at(-1)['https://purl.imsglobal.org/spec/lti-dl/claim/content_items'];
  assert.deepEqual(
    items.map(({ custom }) => custom ?? {}),
    [{}, { sequence: 'sequence3' }, { grain: 'grain8' }],
  );
  for (const { type, title, url } of items) assert.ok(type === 'ltiResourceLink' && title && url);
});

inChromium('« Annuler » gives nothing back', {}, async (browser, { moodle }) => {
  await open(browser, moodle);
  await tick(browser.frame, 'module2');
  await send(browser, 'Annuler');
  await browser.frame.says('Dialogue fermé');
  assert.deepEqual(moodle.picked.at(-1)['https://purl.imsglobal.org/spec/lti-dl/claim/content_items'] ?? [], []);
});

inChromium('axe has nothing to say of the picker, in both themes', {}, async (browser, { moodle }) => {
  await open(browser, moodle);
  for (const colorScheme of ['light', 'dark']) {
    await browser.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    assert.deepEqual(await violations(browser.frame.playwright()), [], colorScheme);
  }
});
