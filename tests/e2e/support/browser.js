// One browser for all tests; each test has a profile of its own, watched: an error in the console,
// a violation of the policy or a request that leaves the site fails the test.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { site } from './site.js';
import { watch } from './watch.js';

/** A laptop's Moodle, where the outline stands beside the text. */
export const WIDE = { width: 1121, height: 609 };

const OPTIONS = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

const CONTEXT = { locale: 'fr-FR', timezoneId: 'Europe/Paris', viewport: WIDE, reducedMotion: 'reduce' };

const browser = await chromium.launch(OPTIONS);
after(() => browser.close());

/** A browser with a folder of its own, which remembers after it is closed. */
export const openBrowser = (folder) => chromium.launchPersistentContext(folder, { ...OPTIONS, ...CONTEXT });

/** A new profile without a test around it. */
export const newContext = (options) => browser.newContext({ ...CONTEXT, ...options });

/**
 * A test in a profile of its own. `options` are those of the profile, and:
 * - `visitor`: makes more of them, when the test begins;
 * - `expected`: the complaints that this test provokes, as a regular expression;
 * - `origins`: where requests may go, besides the site.
 */
export const inBrowser = (name, { visitor, expected, origins = [], ...options }, body) =>
  test(name, { timeout: 180_000 }, async () => {
    const context = await newContext({ ...options, ...(await visitor?.()) });
    try {
      const complaints = await watch(context, [site.origin, ...origins]);
      await body(await context.newPage(), context);
      assert.deepEqual(complaints.filter((complaint) => !expected?.test(complaint)), []);
    } finally {
      await context.close();
    }
  });
