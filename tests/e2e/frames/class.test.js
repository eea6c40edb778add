// A teacher follows their class in the frame of Moodle, and takes its data away.
import assert from 'node:assert/strict';
import { violations } from '../support/axe.js';
import { engines } from './engines.js';
import { HELENE } from './platform.js';
import { convert, spreadsheetMissing } from './spreadsheet.js';
import { browserTest, inChromium } from './run.js';
import { finish, launch } from './steps.js';
import { until } from './until.js';
import { faultsOf, xapiMissing } from './xapi.js';

const CLASS = /\/s\/[^/]+\/class/;

// Somebody comes and finishes the first two grains.
const readTwo = async (browser, moodle, activity, learner) => {
  await launch(browser, moodle, learner, activity);
  await browser.frame.click('Commencer');
  await finish(browser.frame, 'grain1', 'grain2');
  await finish(browser.frame, 'grain2', 'grain3');
};

const openClass = async (browser, moodle, activity) => {
  await launch(browser, moodle, HELENE, activity);
  await browser.frame.click('Classe');
  await browser.frame.at(CLASS);
};

for (const engine of engines.filter(({ name }) => !name.includes('allowed'))) {
  browserTest(`${engine.name}: a teacher finds who stopped, opens a module, sends a refused grade again`, engine, async (browser, { moodle }) => {
    const { frame } = browser;
    const activity = moodle.addActivity({ title: 'Micro-cours', grade: { maximum: 29 } });
    const learner = moodle.enrol('Élodie', 'Lefèvre');
    const name = `${learner.family} ${learner.given}`;
    // Moodle refuses the grades of somebody whom it does not know as a learner.
    moodle.refuses.add(learner.id);
    await readTwo(browser, moodle, activity, learner);
    await openClass(browser, moodle, activity);
    await frame.says(name);
    await frame.says('Jusqu’où la classe lit');

    await frame.click('en chemin');
    await frame.at(/\?state=under-way#people$/);
    await frame.says(name);
    await frame.click('Module 1', '//thead');
    await frame.at(/module=module1/);
    await frame.says('Module 1 : ');
    assert.ok(await frame.has(name));
    await frame.click('Revenir aux modules');
    await frame.at(/\?state=under-way#people$/);
    await frame.click('Voir toute la classe');
    await frame.at(/\/class#people$/);

    // Moodle's answer comes after the page.
    await until(async () => {
      if (await frame.has('refusée par Moodle')) return true;
      await frame.reload();
      return false;
    }, 'no refused grade is told');
    moodle.refuses.delete(learner.id);
    await frame.click(`Envoyer à nouveau la note de ${name}`);
    await frame.says('Une note est de nouveau en route vers Moodle.');
    await frame.at(CLASS);
  });
}

inChromium('a learner who types the address of the class is sent away', { expected: /status of 403/ }, async (browser, { moodle }) => {
  await launch(browser, moodle, moodle.enrol(), moodle.addActivity({ title: 'Cours' }));
  const address = (await browser.frame.url()).replace(/(\/s\/[^/]+\/).*/, '$1class');
  await browser.frame.read(`void location.assign(${JSON.stringify(address)})`);
  await browser.frame.says('Cette page est réservée à l’équipe enseignante');
});

inChromium('axe has nothing to say of the class, in both themes; a small frame and paper hold it', {}, async (browser, { moodle }) => {
  const activity = moodle.addActivity({ title: 'Cours', grade: { maximum: 29 } });
  await readTwo(browser, moodle, activity, moodle.enrol('Élodie', 'Lefèvre'));
  await openClass(browser, moodle, activity);
  const address = await browser.frame.url();
  for (const path of ['', '?module=module3', '?search=nobody']) {
    await browser.frame.playwright().goto(address + path);
    for (const colorScheme of ['light', 'dark']) {
      await browser.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await violations(browser.frame.playwright()), [], `${path} ${colorScheme}`);
    }
  }
  for (const width of [320, 640, 1280]) {
    await browser.frame.playwright().goto(address);
    await browser.page.setViewportSize({ width, height: 350 });
    await browser.frame.playwright().waitForFunction((most) => innerWidth <= most, width);
    const [needed, given] = await browser.frame.read('[document.documentElement.scrollWidth, innerWidth]');
    assert.ok(needed <= given, `${needed} px in a frame of ${given}`);
  }
  // A sheet of A4 and its margins.
  await browser.page.setViewportSize({ width: 700, height: 1000 });
  await browser.page.emulateMedia({ media: 'print', colorScheme: 'light' });
  // A frame of another site learns of it a moment later.
  await browser.frame.playwright().waitForFunction(() => innerWidth <= 700 && matchMedia('print').matches);
  const widths = await browser.frame.read('[...document.querySelectorAll("#people table, #people tbody th")].map((e) => e.getBoundingClientRect().width)');
  assert.ok(
    widths.length > 1 && widths.every((width) => width > 0 && width <= 700),
    `the list on paper: ${widths.slice(0, 3)}`,
  );
});

// What a link of the class gives.
const take = (browser, label, kind) =>
  browser.frame.read(
    `fetch([...document.querySelectorAll('.exports a')].find((a) => a.textContent === '${label}' && a.href.includes('${kind}')).href).then((answer) => answer.text())`,
  );

inChromium(
  'a real spreadsheet opens the table, and its accents and formulas come back as they went',
  { also: spreadsheetMissing },
  async (browser, { moodle }) => {
    const activity = moodle.addActivity({ title: 'Cours', grade: { maximum: 29 } });
    await readTwo(browser, moodle, activity, moodle.enrol('Œuvrard; « Zoé »', 'Ça & là'));
    const formula = moodle.enrol('A1', '=2+3;');
    await launch(browser, moodle, formula, activity);
    await openClass(browser, moodle, activity);
    const table = await take(browser, 'avec les noms', 'export.csv');
    const [sent, back] = [table, await convert(table)].map((text) => text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n').trim().split('\n'));
    assert.ok(sent.some((line) => line.startsWith(`"'${formula.family} A1";`)));
    assert.ok(sent.some((line) => /^"Ça & là \d+ Œuvrard; « Zoé »";.*;oui;\d\d\/\d\d\/\d{4} \d\d:\d\d$/.test(line)));
    // It took the moments for moments: it shows them in its own way.
    const plain = back.map((line) => line.replace(/(\d\d)\/(\d\d)\/(\d{4} \d\d:\d\d):00$/, '$2/$1/$3'));
    assert.notDeepEqual(plain, back);
    assert.deepEqual(plain, sent);
  },
);

inChromium('the statements are those of xAPI, with names and without', { also: xapiMissing }, async (browser, { moodle }) => {
  const activity = moodle.addActivity({ title: 'Cours', grade: { maximum: 29 } });
  await readTwo(browser, moodle, activity, moodle.enrol('Élodie', 'Lefèvre'));
  await openClass(browser, moodle, activity);
  for (const label of ['avec les noms', 'sans les noms']) {
    const lines = await take(browser, label, 'export.jsonl');
    assert.ok(lines.trim().split('\n').length >= 2);
    assert.equal(await faultsOf(lines), '', label);
    // The judge can say no.
    assert.match(await faultsOf(lines.replaceAll('"verb"', '"verbe"')), /verb/);
  }
});
