// The pictures of docs/DIRECTUS.md: a sample of learners, in the Directus of `bin/directus dev`.
//   DATABASE_URL="$(bin/postgres url)" node --env-file=.data/directus/dev.env tests/e2e/directus/pictures.js
// With a folder as its argument it puts all screens there, to be looked at. The sample is added once.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import { resolve } from 'node:path';

const DOCUMENTED = ['learner', 'dashboard'];
const folder = resolve(process.argv[2] ?? resolve(import.meta.dirname, '../../../docs/images'));
const { DATABASE_URL, ADMIN_EMAIL, ADMIN_PASSWORD, DIRECTUS_URL = 'http://127.0.0.1:8055' } = process.env;

const sql = (...options) => execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', DATABASE_URL, ...options]).toString().trim();

if (sql('-c', "select count(*) from lti_platforms where client_id = 'Xk3vT9'") === '0') sql('-f', resolve(import.meta.dirname, 'sample.sql'));
const learner = sql('-c', "select id from users where name = 'Élodie Lefèvre'");
const platform = sql('-c', "select id from lti_platforms where client_id = 'p0Qd2a'");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris', viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce' });
const page = await context.newPage();

// Directus asks for a key at each page; without one it goes on, by its own button.
const goOn = async () => {
  const later = page.getByRole('button', { name: /^(Ignorer|Skip)$/ });
  if (await later.waitFor({ timeout: 8_000 }).then(() => true, () => false)) await later.click();
};

await page.goto(`${DIRECTUS_URL}/admin/login`);
await page.locator('input[type="email"], input[autocomplete="username"]').first().fill(ADMIN_EMAIL);
await page.locator('input[type="password"]').fill(ADMIN_PASSWORD);
await page.locator('button[type="submit"]').click();
await page.waitForURL(/admin\/(content|insights|users)/);
await goOn();

const shoot = async (name, path, ready) => {
  await page.goto(`${DIRECTUS_URL}/admin${path}`);
  await page.getByText(ready).first().waitFor({ timeout: 60_000 });
  await goOn();
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${folder}/directus-${name}.png` });
};

const all = [
  ['learners', '/content/users', 'Élodie'],
  ['learner', `/content/users/${learner}`, 'Adresse électronique'],
  ['new-learner', '/content/users/+', 'Adresse électronique'],
  ['completions', '/content/progress', 'Élodie'],
  ['new-completion', '/content/progress/+', 'Terminé le'],
  ['platforms', '/content/lti_platforms', 'Moodle du laboratoire'],
  ['platform', `/content/lti_platforms/${platform}`, 'Émetteur'],
  ['grains', '/content/grains', 'Grain'],
  ['dashboard', '/insights/7a1d5a13-0000-4000-8000-000000000001', 'Derniers grains'],
];
for (const [name, path, ready] of all) if (process.argv[2] || DOCUMENTED.includes(name)) await shoot(name, path, ready);
await browser.close();
