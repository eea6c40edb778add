// Other places than an activity's frame: a phone, a page that holds a signed token; and what the
// pages in a frame owe to everybody.
import assert from 'node:assert/strict';
import { violations } from '../support/axe.js';
import { tokenFor } from '../support/embed.js';
import { inChromium } from './run.js';
import { SESSION, finish, grainPage, launch } from './steps.js';

const PHONE =
  'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36';

inChromium(
  'on a phone the site stands alone, and leads back to the course',
  { userAgent: PHONE },
  async (browser, { moodle }) => {
    const { top } = browser;
    const activity = moodle.addActivity({ title: 'Module 1', custom: { module: 'module1' } });
    await browser.goto(moodle.signInUrl(moodle.enrol(), moodle.activityUrl(activity)));
    await top.at(SESSION);
    await top.click('Commencer');
    await finish(top, 'grain1', 'grain2');
    await top.click('Retour au cours');
    await top.at(/\/course\/view\.php/);
    await top.says(activity.title);
  },
);

inChromium('in a frame there is no such link: Moodle is all around', {}, async (browser, { moodle }) => {
  await launch(browser, moodle, moodle.enrol(), moodle.addActivity({ title: 'Module 1', custom: { module: 'module1' } }));
  await browser.frame.says('Commencer');
  assert.equal(await browser.frame.has('Retour au cours'), false);
});

const blocked = /frame-ancestors|chrome-error/;

inChromium(
  'a signed token opens a session in a page that may frame the site, and in no other',
  { expected: blocked },
  async (browser, { site, moodle, stranger }) => {
    const url = site.url(`/embed?token=${tokenFor(`e2e-${Date.now().toString(36)}`, { name: 'Camille' })}`);
    await browser.goto(moodle.framingUrl(url));
    await browser.frame.at(SESSION);
    await browser.frame.says('Camille');
    await browser.frame.click('Commencer');
    await finish(browser.frame, 'grain1', 'grain2');
    await browser.frame.reload();
    await browser.frame.at(grainPage('grain2'));
    await browser.goto(moodle.framingUrl(url));
    await browser.frame.at(grainPage('grain2'));
    await browser.goto(stranger.framingUrl(url));
    await browser.frame.at(/^chrome-error:/);
  },
);

inChromium('axe has nothing to say of the pages in the frame, in both themes', {}, async (browser, { moodle }) => {
  const { frame, page } = browser;
  const check = async () => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await violations(frame.playwright()), [], `${await frame.url()}, ${colorScheme}`);
    }
  };
  await launch(browser, moodle, moodle.enrol(), moodle.addActivity({ title: 'Cours' }));
  await check();
  await frame.click('Commencer');
  await frame.at(grainPage('grain1'));
  await check();
  await finish(frame, 'grain1', 'grain2');
  await frame.press('//a[@rel="prev"]');
  await frame.at(grainPage('grain1'));
  await check();
});
