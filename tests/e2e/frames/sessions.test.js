// One session per launch: tabs, people and platforms side by side, and addresses that travel.
import assert from 'node:assert/strict';
import { oneOfEach } from './engines.js';
import { labelled } from './engines/view.js';
import { ELODIE } from './platform.js';
import { browserTest, inChromium } from './run.js';
import { enter, finish, grainPage, graded, launch, refused } from './steps.js';

const opening = (grain) => ({ title: grain, custom: { grain }, grade: { maximum: 1 } });

// The grain that was just finished, from the one after.
const lookBack = async (view, grain) => {
  await view.press('//a[@rel="prev"]');
  await view.at(grainPage(grain));
  await view.says('Vous avez terminé ce grain');
};

inChromium('two activities in two tabs keep apart, and know the same learner', {}, async (browser, { moodle }) => {
  const learner = moodle.enrol();
  const [first, second] = ['grain1', 'grain8'].map((grain) => moodle.addActivity(opening(grain)));
  const tab = await browser.newTab();
  await launch(browser, moodle, learner, first);
  await tab.goto(moodle.activityUrl(second));
  await enter(tab);
  await finish(browser.frame, 'grain1', 'grain2');
  await finish(tab.frame, 'grain8', 'grain9');
  await graded(moodle, first, learner, 1);
  await graded(moodle, second, learner, 1);
  await lookBack(browser.frame, 'grain1');
  await lookBack(tab.frame, 'grain8');
});

inChromium('two learners one after the other: each page writes for the person it names', {}, async (browser, { moodle }) => {
  const [camille, dominique] = [moodle.enrol('Camille'), moodle.enrol('Dominique')];
  const activity = moodle.addActivity({ title: 'Module 1', custom: { module: 'module1' }, grade: { maximum: 6 } });
  await launch(browser, moodle, camille, activity);
  await browser.frame.click('Commencer');
  await browser.frame.at(grainPage('grain1'));
  const tab = await browser.newTab();
  await launch(tab, moodle, dominique, activity);
  await tab.frame.says('Dominique');
  await tab.frame.says('0 grain sur 6');
  await finish(browser.frame, 'grain1', 'grain2');
  await graded(moodle, activity, camille, 1);
  assert.equal(moodle.gradeOf(activity, dominique), undefined);
  await browser.frame.reload();
  await browser.frame.says('Camille');
  // The platform has but one person at a time.
  await browser.reload();
  await enter(browser);
  await browser.frame.says('Dominique');
});

inChromium('the same number on two platforms is two people', {}, async (browser, { moodle, other }) => {
  const activities = [moodle, other].map((platform) => platform.addActivity(opening('grain1')));
  const tab = await browser.newTab();
  await launch(browser, moodle, ELODIE, activities[0]);
  await launch(tab, other, ELODIE, activities[1]);
  await finish(browser.frame, 'grain1', 'grain2');
  await tab.frame.reload();
  await tab.frame.says('Terminer ce grain');
  await lookBack(browser.frame, 'grain1');
  await graded(moodle, activities[0], ELODIE, 1);
  assert.equal(other.gradeOf(activities[1], ELODIE), undefined);
});

inChromium('the course once more goes on where it was left', {}, async (browser, { moodle }) => {
  const learner = moodle.enrol();
  const activity = moodle.addActivity({ title: 'Cours' });
  await launch(browser, moodle, learner, activity);
  await browser.frame.click('Commencer');
  await finish(browser.frame, 'grain1', 'grain2');
  await browser.goto(moodle.activityUrl(activity));
  await enter(browser, grainPage('grain2'));
});

for (const engine of oneOfEach) {
  browserTest(`${engine.name}: Back goes back within the site, then to the course`, engine, async (browser, { moodle }) => {
    const learner = moodle.enrol();
    const activity = moodle.addActivity({ title: 'Mon activité', custom: { module: 'module1' } });
    await browser.goto(moodle.signInUrl(learner, moodle.courseUrl));
    await browser.top.click(activity.title);
    await enter(browser, /modules\/module1$/);
    await browser.frame.click('Commencer');
    await browser.frame.at(grainPage('grain1'));
    await browser.top.back();
    await browser.frame.at(/modules\/module1$/);
    await browser.frame.says('Commencer');
    await browser.top.back();
    await browser.top.at(/course\/view\.php/);
  });
}

const travels = (cookies, opens) =>
  inChromium(
    `cookies ${cookies}: a link in a new tab ${opens ? 'opens' : 'says where to go'}, a pasted address never opens`,
    { cookies },
    async (browser, { moodle }) => {
      const learner = moodle.enrol();
      await launch(browser, moodle, learner, moodle.addActivity({ title: 'Module 1', custom: { module: 'module1' } }));
      const tab = await browser.tabOpenedBy(() => browser.frame.press(labelled('Commencer'), { modifiers: ['ControlOrMeta'] }));
      await tab.top.at(grainPage('grain1'));
      if (opens) await tab.top.says('Terminer ce grain');
      else await refused(tab.top);
      await browser.frame.click('Commencer');
      await browser.frame.at(grainPage('grain1'));
      const address = await browser.frame.url();
      const pasted = await browser.newTab();
      await pasted.goto(address);
      await refused(pasted.top);
      // A link in somebody's message.
      await pasted.goto(moodle.courseUrl);
      await pasted.top.read(`void (location.href = ${JSON.stringify(address)})`);
      await pasted.top.at(grainPage('grain1'));
      await refused(pasted.top);
      await finish(browser.frame, 'grain1', 'grain2');
    },
  );

travels('of third parties blocked', false);
travels('refused', true);
