// What people do, in words that hold for every engine.
import assert from 'node:assert/strict';
import { until } from './until.js';

/** Where the site keeps the pages of a session in a frame. */
export const SESSION = /\/s\/[^/]+/;
export const grainPage = (grain) => new RegExp(`${SESSION.source}/grains/${grain}([?]|$)`);

/** The launch goes on by itself; without JavaScript by the buttons of the platform's forms. */
export const enter = async (browser, at = SESSION) => {
  if (!browser.hasScript) {
    await browser.frame.at(/launch\.php|contentitem\.php/);
    await browser.frame.click('Continuer');
    await browser.frame.at(/auth\.php/);
    await browser.frame.click('Continuer');
  }
  await browser.frame.at(at);
};

/** Signs a person in at the platform and opens an activity. */
export const launch = async (browser, platform, person, activity, at) => {
  await browser.goto(platform.signInUrl(person, platform.activityUrl(activity)));
  await enter(browser, at);
};

/** « Terminer ce grain », then on to the grain that follows. */
export const finish = async (view, grain, next) => {
  await view.at(grainPage(grain));
  await view.click('Terminer ce grain');
  // With the script the page is still that of the grain, and says so.
  const isNext = async () => grainPage(next).test(await view.url());
  const isDone = () => view.read('document.querySelector(".finish > a") !== null');
  await until(
    async () => (await isNext()) || (await isDone()),
    async () => `${grain} is not finished: ${await view.describe()}`,
  );
  if (!(await isNext())) await view.press('//a[@rel="next"]');
  await view.at(grainPage(next));
  await view.says('Terminer ce grain');
};

/** The gradebook comes to show this. */
export const graded = (platform, activity, person, wanted) =>
  until(
    () => platform.gradeOf(activity, person) === wanted,
    () => {
      const scores = platform.received.filter(({ path, text }) => path.endsWith('/scores') && text.includes(`"${person.id}"`));
      const sent = scores.map(({ path, text, answer }) => `${path} ${text} -> ${answer.status} ${answer.reason ?? ''}`);
      return [`the grade is ${platform.gradeOf(activity, person)}, not ${wanted}; sent:`, ...sent].join('\n');
    },
  );

/** The scores that came for a person, in their order. */
export const scoresOf = (platform, { id }) =>
  platform.received
    .filter(({ path }) => path.endsWith('/scores'))
    .map(({ text }) => JSON.parse(text))
    .filter(({ userId }) => userId === id)
    .map(({ scoreGiven }) => scoreGiven);

/** Whether the browser brought a cookie of a launch with any of these requests. */
export const broughtCookie = (requests) => requests.some(({ headers }) => /__Host-s-/.test(headers.cookie ?? ''));

/** The page that a link of the session gives to who has no right to it. */
export const refused = async (view) => {
  await view.says('Cette page s’ouvre dans votre cours Moodle');
  assert.equal(await view.has('Terminer ce grain'), false);
};
