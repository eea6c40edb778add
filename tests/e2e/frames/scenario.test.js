// The life of a learner in a course of their Moodle, once for every engine and every way of it.
import assert from 'node:assert/strict';
import { engines } from './engines.js';
import { browserTest } from './run.js';
import { broughtCookie, enter, finish, grainPage, graded, launch, scoresOf } from './steps.js';

const MODULE = /\/s\/[^/]+\/modules\/module1$/;

for (const engine of engines) {
  browserTest(
    `${engine.name}: launch, read, finish three, take one back, grade, F5 twice`,
    engine,
    async (browser, { site, moodle }) => {
      const { frame } = browser;
      const before = site.seen.length;
      const learner = moodle.enrol();
      const activity = moodle.addActivity({ title: 'Module 1', custom: { module: 'module1' }, grade: { maximum: 6 } });
      await launch(browser, moodle, learner, activity, MODULE);
      await frame.says(`${learner.given} ${learner.family}`);
      await frame.says('0 grain sur 6');

      await frame.click('Commencer');
      await finish(frame, 'grain1', 'grain2');
      await finish(frame, 'grain2', 'grain3');
      await finish(frame, 'grain3', 'grain4');
      await graded(moodle, activity, learner, 3);

      await frame.press('//a[@rel="prev"]');
      await frame.at(grainPage('grain3'));
      await frame.click('Je veux le revoir plus tard');
      await frame.says('Terminer ce grain');

      await frame.reload();
      await frame.at(grainPage('grain3'));
      await frame.says('Terminer ce grain');

      await browser.reload();
      await enter(browser);
      await frame.says(`${learner.given} ${learner.family}`);
      await browser.goto(moodle.activityUrl(activity));
      await enter(browser, MODULE);
      await frame.says('2 grains sur 6');

      // What was taken back lowered no grade; four are more than three.
      await frame.click('Continuer');
      await finish(frame, 'grain3', 'grain4');
      await finish(frame, 'grain4', 'grain5');
      await graded(moodle, activity, learner, 4);
      const scores = scoresOf(moodle, learner);
      assert.deepEqual(scores, scores.toSorted());

      const requests = site.seen.slice(before);
      assert.equal(broughtCookie(requests), engine.cookies.includes('partitioned'));
    },
  );
}
