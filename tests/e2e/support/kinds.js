// Every kind of page, and how one comes to it.
import { newContext } from './browser.js';
import { runSql } from './database.js';
import { elsewhere, finishNext, newLearner, site } from './site.js';

const HALF = 12;

// Whoever looks: made when the first test asks, since all tests must be declared at once.
const signedIn = (finished) => {
  let made;
  const make = async () => {
    const learner = newLearner();
    await finishNext(learner, finished);
    const context = await newContext();
    await (await context.newPage()).goto(site.url(`/?moodle_user_id=${learner}`));
    const storageState = await context.storageState();
    await context.close();
    return { storageState };
  };
  return () => (made ??= make());
};

const nobody = async () => ({});
const fresh = signedIn(0);
const half = signedIn(HALF);
const done = signedIn(Infinity);

// Somebody new each time, who may be erased.
const passing = () => signedIn(3)();

const at = (path) => (page) => page.goto(site.url(path));

// Types a word into « Mes données » and presses the button.
const erase = (word) => async (page) => {
  await page.goto(site.url('/my-data'));
  await page.getByLabel('Pour confirmer').fill(word);
  await page.getByRole('button', { name: 'Effacer mes données' }).click();
  await page.waitForURL('**/my-data/erasure');
};

// Posts a form of the page that is open, as the button of another time would.
const post = (from, action) => async (page) => {
  await page.goto(from);
  const answer = page.waitForResponse((response) => response.url() === action);
  await page.evaluate((address) => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: address });
    document.body.append(form);
    form.submit();
  }, action);
  await answer;
  await page.waitForURL(action);
};

elsewhere.publish('/form', '<!DOCTYPE html><html lang="fr"><title>Ailleurs</title>');
const retired = 'retired-for-the-tests';
const hasRetired = runSql(
  `insert into grains (id, module_id, sequence_id, position, title, summary, minutes, retired_at)
   select '${retired}', module_id, sequence_id, 999, 'Retiré', '', 5, now() from grains limit 1 on conflict (id) do nothing`,
);

/**
 * `name`, `visitor` (makes the profile of who looks), `open(page)`, `status` it is answered with;
 * `isGrain` where the page is one, `origins` where it comes from elsewhere.
 */
export const kinds = [
  { name: 'home without a session', visitor: nobody, open: at('/') },
  { name: 'home of a fresh learner', visitor: fresh, open: at('/') },
  { name: 'home half-way', visitor: half, open: at('/') },
  { name: 'home when all is done', visitor: done, open: at('/') },
  { name: 'home just after the last grain', visitor: done, open: at('/?finished=grain29') },
  { name: 'a module', visitor: half, open: at('/modules/module2') },
  { name: 'a module without a session', visitor: nobody, open: at('/modules/module2') },
  { name: 'a module just finished', visitor: half, open: at('/modules/module1?finished=grain6') },
  { name: 'a sequence', visitor: half, open: at('/sequences/sequence4') },
  { name: 'a grain to do', visitor: half, open: at('/grains/grain13'), isGrain: true },
  { name: 'a finished grain', visitor: half, open: at('/grains/grain2'), isGrain: true },
  { name: 'a grain after another one', visitor: half, open: at('/grains/grain13?finished=grain12'), isGrain: true },
  { name: 'a grain without a session', visitor: nobody, open: at('/grains/grain7'), isGrain: true },
  { name: 'my data', visitor: half, open: at('/my-data') },
  { name: 'my data without a session', visitor: nobody, open: at('/my-data') },
  { name: 'my data with another word (422)', visitor: half, open: erase('oui'), status: 422 },
  { name: 'my data just erased', visitor: passing, open: erase('effacer') },
  { name: 'a page that does not exist (404)', visitor: half, open: at('/nowhere'), status: 404 },
  {
    name: 'a click without a session (401)',
    visitor: nobody,
    open: post(site.url('/grains/grain1'), site.url('/grains/grain1/completion')),
    status: 401,
  },
  {
    name: 'a click that comes from elsewhere (403)',
    visitor: half,
    open: post(`${elsewhere.origin}/form`, site.url('/grains/grain1/completion')),
    status: 403,
    origins: [elsewhere.origin],
  },
  hasRetired && { name: 'a grain that left the course (410)', visitor: half, open: at(`/grains/${retired}`), status: 410 },
].filter(Boolean);
