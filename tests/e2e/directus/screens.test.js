// What the person who follows learners sees, in a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newContext } from '../support/browser.js';
import { url } from './support/directus.js';
import { openSession } from './support/learner.js';

const LIMIT = 60_000;

test('the role « Suivi pédagogique » finds its tables, a learner and the dashboard, in French', { timeout: 240_000 }, async () => {
  const learner = await openSession();
  await learner.finish('grain1');
  const context = await newContext({ viewport: { width: 1360, height: 900 } });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    await page.goto(`${url}/admin/login`);
    await page.locator('input[type="email"], input[autocomplete="username"]').first().fill('reader@example.org');
    await page.locator('input[type="password"]').fill('only for these tests');
    await page.locator('button[type="submit"]').click();
    await page.waitForURL(/admin\/(content|insights|users)/);

    await page.goto(`${url}/admin/content/users/${learner.id}`);
    for (const label of ['Adresse électronique', 'Identifiant Moodle', 'Grains terminés', 'Cours suivis']) {
      await page.getByText(label, { exact: true }).first().waitFor();
    }
    await page.getByText('Grain 1 :').first().waitFor();
    const menu = (await page.locator('nav, aside').allInnerTexts()).join('\n');
    const order = ['Suivi', 'Apprenants', 'Progression', 'Inscriptions', 'Cours', 'Modules', 'Séquences', 'Grains', 'Plateformes', 'Activités'];
    const places = order.map((label) => menu.search(new RegExp(`^\\s*${label}\\s*$`, 'm')));
    assert.ok(places.every((place, rank) => place >= 0 && (rank === 0 || place > places[rank - 1])), `${menu}\n${places}`);

    await page.goto(`${url}/admin/insights/7a1d5a13-0000-4000-8000-000000000001`);
    for (const panel of ['Apprenants', 'Cette semaine', 'Terminés', 'Arrêtés', 'Grains terminés par jour', 'Derniers grains terminés']) {
      await page.getByText(panel, { exact: true }).first().waitFor();
    }
    await page.getByText(`(${learner.name}), grain 1`).waitFor();
  } finally {
    await context.close();
  }
});
