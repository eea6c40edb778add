// How a test is declared here: it is skipped, and says why, where this machine lacks something.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromiumMissing, openChromium } from './engines/chromium.js';
import { namesMissing } from './names.js';
import { folder, stage, tls } from './stage.js';

const PICTURES = join(import.meta.dirname, '../test-results/frames');
const LIMIT = 120_000;

/** A test of the two sites; `missing` is what it lacks besides their names. */
export const frameTest = (name, body, missing) => test(name, { skip: namesMissing ?? missing ?? false, timeout: LIMIT }, body);

// What stood there when it failed.
const keepPicture = async (browser, name) => {
  await mkdir(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name.replace(/[^\p{L}\p{N}]+/gu, '-')}.png`);
  await browser.screenshot(path);
  return `picture: ${path}\nframe: ${await browser.frame.describe()}\npage: ${await browser.top.describe()}`;
};

/** A test in a browser that `open(folder, tls, origins)` gives; `body(browser, stage)`. */
export const browserTest = (name, { open, missing, expected }, body) =>
  frameTest(
    name,
    async () => {
      const all = await stage();
      const origins = [all.site, all.moodle, all.other, all.stranger].map(({ origin }) => origin);
      const browser = await open(await folder(), await tls(), origins);
      try {
        await body(browser, all);
        assert.deepEqual(
          (browser.complaints ?? []).filter((complaint) => !expected?.test(complaint)),
          [],
        );
        const faults = [all.moodle, all.other, all.stranger].flatMap(({ received }) =>
          received.filter(({ answer }) => answer.status === 500),
        );
        assert.deepEqual(
          faults.map(({ url, answer }) => `${url}: ${answer.body}`),
          [],
        );
      } catch (error) {
        error.stack += `\n${await keepPicture(browser, name).catch(({ message }) => message)}\nsite: ${all.site.log().slice(-2000)}`;
        throw error;
      } finally {
        await browser.close();
      }
    },
    missing,
  );

/**
 * A test in Chromium; `options` are those of `openChromium`, and `expected`, the complaints it
 * provokes; `also`, what else this machine lacks.
 */
export const inChromium = (name, { expected, also, ...options }, body) =>
  browserTest(
    name,
    {
      expected,
      missing: chromiumMissing ?? also,
      open: (at, certificate, origins) => openChromium(at, certificate, { ...options, origins }),
    },
    body,
  );
