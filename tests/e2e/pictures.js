// The pictures of README.md and docs/AUTEURS.md, taken from the real course:
//   DATABASE_URL="$(bin/postgres url pictures)" npm --prefix tests/e2e run pictures
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { newContext } from './support/browser.js';
import { runSql } from './support/database.js';
import { finishNext, newLearner, site } from './support/site.js';

const IMAGES = resolve(import.meta.dirname, '../../docs/images');

// Component, the grain that shows it, and where it stands there.
const COMPONENTS = [
  ['objectives', 'grain8', '.objectives'],
  ['key-points', 'grain8', '.key-points'],
  ['definition', 'grain2', '.callout-definition'],
  ['example', 'grain1', '.callout-example'],
  ['tip', 'grain2', '.callout-tip'],
  ['warning', 'grain3', '.callout-warning'],
  ['table', 'grain2', '.table-scroll'],
  ['figure', 'grain9', 'figure'],
  ['quiz', 'grain8', '.quiz'],
  ['more', 'grain5', '.more'],
];

test('pictures', async () => {
  await mkdir(`${IMAGES}/composants`, { recursive: true });
  const context = await newContext({ viewport: { width: 1121, height: 700 } });
  const page = await context.newPage();
  const learner = newLearner();
  await page.goto(site.url(`/?moodle_user_id=${learner}`));
  await finishNext(learner, 12);
  runSql(`update users set name = 'Camille Durand' where moodle_user_id = '${learner}'`);
  await page.reload();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${IMAGES}/home.png` });
  for (const [name, grain, selector] of COMPONENTS) {
    await page.goto(site.url(`/grains/${grain}`));
    const element = page.locator(selector).first();
    // A figure is loaded when it comes near.
    await element.scrollIntoViewIfNeeded();
    await element.evaluate((node) => Promise.all([...node.querySelectorAll('img')].map((image) => image.decode())));
    // Something is opened, to show what is inside.
    await element.evaluate((node) => (node.matches('details') ? node : node.querySelector('details'))?.setAttribute('open', ''));
    const { x, y, width, height } = await element.boundingBox();
    const top = y + (await page.evaluate(() => window.scrollY));
    const clip = { x: x - 16, y: top - 24, width: width + 32, height: height + 40 };
    await page.screenshot({ path: `${IMAGES}/composants/${name}.png`, clip, fullPage: true });
  }
  await context.close();
});
