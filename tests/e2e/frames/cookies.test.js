// Each engine does what is said of it: which cookies a page keeps when it is framed by another site.
import assert from 'node:assert/strict';
import { engines } from './engines.js';
import { serve, stopServing } from './https.js';
import { MINI_SITE } from './names.js';
import { browserTest } from './run.js';
import { tls } from './stage.js';

const COOKIES = [
  'plain=1; Secure; SameSite=None',
  'partitioned=1; Secure; SameSite=None; Partitioned',
  'lax=1; Secure; SameSite=Lax',
];
// Not one of the two sites.
const ITSELF = /^request to https:\/\/minisite\.test/;
const HTML = '<!DOCTYPE html><html lang="fr"><title>Page</title><a href="/second">Suite</a>';

for (const engine of engines.filter(({ name }) => !name.includes('without'))) {
  browserTest(
    `${engine.name}: ${engine.cookies.join(' and ') || 'no'} cookies are kept in the frame`,
    { ...engine, expected: ITSELF },
    async (browser, { moodle }) => {
      let brought;
      const server = await serve(await tls(), ({ url, headers }, response) => {
        if (url === '/second') brought = headers.cookie ?? '';
        response.writeHead(200, { 'content-type': 'text/html', ...(url === '/' && { 'set-cookie': COOKIES }) });
        response.end(HTML);
      });
      try {
        await browser.goto(moodle.framingUrl(`https://${MINI_SITE}:${server.address().port}/`));
        await browser.frame.click('Suite');
        await browser.frame.at(/second$/);
      } finally {
        await stopServing(server);
      }
      assert.deepEqual(
        brought
          .split('; ')
          .filter(Boolean)
          .map((pair) => pair.split('=')[0])
          .sort(),
        engine.cookies,
      );
    },
  );
}
