// Development: the page follows the build.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inBrowser } from './support/browser.js';
import { site } from './support/site.js';

const isBuild = (url) => url.pathname === '/dev/build';

inBrowser('the page reloads itself when another build answers, and not before', { expected: /^console: Failed to load/ }, async (page) => {
  let id = 1;
  let isAway = false;
  await page.route(isBuild, (route) => (isAway ? route.abort() : route.fulfill({ json: { id, fault: null } })));
  await page.goto(site.url('/'));
  await page.evaluate(() => (window.isSamePage = true));
  const answers = async (count) => {
    for (; count > 0; count -= 1) await page.waitForRequest((request) => isBuild(new URL(request.url())));
  };
  await answers(2);
  isAway = true;
  await answers(2);
  assert.equal(await page.evaluate(() => window.isSamePage), true);
  isAway = false;
  id = 2;
  await page.waitForFunction(() => !window.isSamePage);
});

inBrowser('the page shows why the newest build failed, until it is mended', {}, async (page) => {
  const folder = join(site.folder, '.data/dev');
  await page.goto(site.url('/'));
  const alert = page.getByRole('alert');
  assert.equal(await alert.count(), 0);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'build-error.txt'), 'error: templates/course/module1/sequence1/grain1.html:3: <h5>\n');
  await alert.getByText('grain1.html:3: <h5>').waitFor();
  await rm(join(folder, 'build-error.txt'));
  await alert.waitFor({ state: 'detached' });
});
