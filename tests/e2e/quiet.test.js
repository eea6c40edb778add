// What a visit asks for. Errors, violations of the policy and foreign requests are watched in every
// test; here is the proof that the watch is awake.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowser, newContext } from './support/browser.js';
import { elsewhere, site } from './support/site.js';
import { watch } from './support/watch.js';

test('the watch notices an error, a violation and a request to elsewhere', async () => {
  const context = await newContext();
  const complaints = await watch(context, [site.origin]);
  const page = await context.newPage();
  await page.goto(site.url('/'));
  await page.evaluate((address) => {
    console.error('an error');
    const image = new Image();
    image.src = `${address}/picture.png`;
    document.body.setAttribute('style', 'color: red');
    setTimeout(() => window.nothing.here);
  }, elsewhere.origin);
  const wanted = [/^console: an error/, /^policy: img-src/, /^policy: style-src/, /^script: TypeError/];
  await page.waitForFunction(() => document.readyState === 'complete');
  for (const pattern of wanted) await untilSome(complaints, pattern);
  await page.goto(`${elsewhere.origin}/form`);
  await untilSome(complaints, /^request to/);
  await context.close();
});

// Complaints come as events of their own; each turn of the loop is one answer of the browser.
const untilSome = async (complaints, pattern) => {
  for (const deadline = Date.now() + 5_000; !complaints.some((complaint) => pattern.test(complaint)); ) {
    assert.ok(Date.now() < deadline, `nobody complained of ${pattern}: ${complaints}`);
    await new Promise(setImmediate);
  }
};

for (const path of ['/', '/grains/grain8']) {
  inBrowser(`the first visit of ${path} waits for one style-sheet and for nothing else`, {}, async (page) => {
    await page.goto(site.url(path));
    const blocking = await page.evaluate(() =>
      performance.getEntriesByType('resource').filter((each) => each.renderBlockingStatus === 'blocking').map((each) => each.name),
    );
    assert.equal(blocking.length, 1, blocking.join(', '));
    assert.match(blocking[0], /\/assets\/css\/site-[^/]+\.css$/);
  });

  // The browser fetches the picture of its tab when it pleases, if only on the second page.
  const isAside = (name) => name.endsWith('/dev/build') || name.includes('/img/favicon');
  inBrowser(`the second visit of ${path} asks for nothing but the page`, {}, async (page) => {
    await page.goto(site.url(path));
    await page.goto(site.url('/modules/module1'));
    await page.goto(site.url(path));
    const sent = await page.evaluate(() =>
      performance.getEntriesByType('resource').filter((each) => each.transferSize > 0).map((each) => each.name),
    );
    assert.deepEqual(sent.filter((name) => !isAside(name)), []);
  });
}
