// Chromium with the preferences of a person, started here and driven from outside: the flags by
// which Playwright starts it would switch the partitioning of cookies off.
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { watch } from '../../support/watch.js';
import { MOODLE } from '../names.js';
import { until } from '../until.js';
import { findProgram, start } from './program.js';
import { makeView } from './view.js';

const FLAGS = [
  '--headless=new',
  '--remote-debugging-port=0',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--lang=fr-FR',
  '--window-size=1280,1000',
];

const ALLOW = 1;
const BLOCK = 2;

/** The settings for cookies, as the browser's own page writes them. */
const COOKIES = {
  allowed: { cookie_controls_mode: 0 },
  'of third parties blocked': { cookie_controls_mode: 1 },
  // Moodle itself needs its own.
  refused: {
    default_content_setting_values: { cookies: BLOCK },
    content_settings: { exceptions: { cookies: { [`[*.]${MOODLE},*`]: { setting: ALLOW } } } },
  },
};

const profile = (cookies, hasScript) => {
  const settings = { ...COOKIES[cookies] };
  if (!hasScript) settings.default_content_setting_values = { ...settings.default_content_setting_values, javascript: BLOCK };
  return { profile: settings, intl: { accept_languages: 'fr-FR,fr,en' } };
};

const program = findProgram(...[process.env.CHROMIUM].filter(Boolean), 'chromium', 'chromium-browser', 'google-chrome');

/** Why it cannot be used: a sentence, or undefined. */
export const chromiumMissing = program ? undefined : 'Chromium is not installed';

// One tab: the page, and what is in its frame.
const tab = (page, hasScript) => {
  const view = (find) => ({
    ...makeView({
      read: (expression) => find().evaluate(expression),
      async press(xpath, options) {
        // Nobody clicks in a tab that lies behind.
        await page.bringToFront();
        await find()
          .locator(`xpath=${xpath}`)
          .filter({ visible: true })
          .first()
          .click({ timeout: 15_000, ...options });
      },
    }),
    /** Playwright's own, for tests of Chromium alone. */
    playwright: find,
  });
  return {
    page,
    hasScript,
    top: view(() => page.mainFrame()),
    frame: view(() => page.mainFrame().childFrames()[0]),
    goto: (url) => page.goto(url),
    reload: () => page.reload(),
    async screenshot(path) {
      await page.bringToFront();
      await page.screenshot({ path, timeout: 5_000 });
    },
  };
};

/**
 * Opens one with a new profile in `folder`. `cookies`: « allowed », « of third parties blocked » or
 * « refused »; `origins`: where requests may go; `userAgent`: another than its own.
 */
export const openChromium = async (
  folder,
  tls,
  { cookies = 'of third parties blocked', hasScript = true, origins, userAgent } = {},
) => {
  const home = await mkdtemp(join(folder, 'chromium-'));
  await mkdir(join(home, 'Default'));
  await writeFile(join(home, 'Default/Preferences'), JSON.stringify(profile(cookies, hasScript)));
  const flags = [...FLAGS, `--user-data-dir=${home}`, `--ignore-certificate-errors-spki-list=${tls.fingerprint}`];
  if (userAgent) flags.push(`--user-agent=${userAgent}`);
  const process = start(program, [...flags, 'about:blank'], { env: { ...globalThis.process.env, HOME: home } });
  const active = join(home, 'DevToolsActivePort');
  const [port, path] = await until(
    async () => {
      const lines = (await readFile(active, 'utf8')).split('\n');
      return lines.length > 1 && lines;
    },
    () => `Chromium does not start: ${process.log()}`,
  );
  const browser = await chromium.connectOverCDP(`ws://127.0.0.1:${port}${path}`);
  const [context] = browser.contexts();
  const complaints = await watch(context, origins);
  const newTab = async () => tab(await context.newPage(), hasScript);
  return {
    ...tab(context.pages()[0], hasScript),
    context,
    newTab,
    /** The tab that `act` opens. */
    async tabOpenedBy(act) {
      const [page] = await Promise.all([context.waitForEvent('page'), act()]);
      return tab(page, hasScript);
    },
    complaints,
    async close() {
      await browser.close();
      await process.stop();
    },
  };
};
