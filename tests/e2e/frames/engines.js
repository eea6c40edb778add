// Every engine, in every way that a browser of today comes with.
import { chromiumMissing, openChromium } from './engines/chromium.js';
import { firefoxMissing, openFirefox } from './engines/firefox.js';
import { openWebkit, webkitMissing } from './engines/webkit.js';

// Which cookies of a framed site are kept.
const KEPT = { allowed: ['partitioned', 'plain'], 'of third parties blocked': ['partitioned'], refused: [] };

const chromium = (setting, hasScript = true) => ({
  name: `Chromium, cookies ${setting}${hasScript ? '' : ', without JavaScript'}`,
  missing: chromiumMissing,
  cookies: KEPT[setting],
  hasScript,
  open: (folder, tls, origins) => openChromium(folder, tls, { cookies: setting, hasScript, origins }),
});

const settings = Object.keys(KEPT);
const firefox = {
  name: 'Firefox',
  missing: firefoxMissing,
  cookies: ['partitioned', 'plain'],
  hasScript: true,
  open: openFirefox,
};
const webkit = { name: 'WebKitGTK', missing: webkitMissing, cookies: [], hasScript: true, open: openWebkit };

/**
 * `name`, `missing` (why it cannot be used), `cookies` (the kinds of them that a site keeps when it is
 * framed by another), `hasScript`, and `open(folder, tls, origins)`.
 */
export const engines = [
  ...settings.map((setting) => chromium(setting)),
  ...settings.map((setting) => chromium(setting, false)),
  firefox,
  webkit,
];

/** One way of each. */
export const oneOfEach = [chromium('of third parties blocked'), firefox, webkit];
