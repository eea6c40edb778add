// What every test stands on, made when the first one asks: the certificate, the site behind https,
// and platforms that know it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { makeCertificate } from './certificate.js';
import { MINI_SITE, MOODLE } from './names.js';
import { startPlatform } from './platform.js';
import { startSite } from './site.js';

const once = (make) => {
  let made;
  return () => (made ??= make());
};

const closing = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

/** A folder of this run. */
export const folder = once(async () => {
  const path = await mkdtemp(join(tmpdir(), 'mini-site-frames-'));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
});

export const tls = once(async () => makeCertificate(await folder(), [MOODLE, MINI_SITE]));

const newPlatform = async (number) => {
  const platform = await startPlatform(await tls(), number);
  closing.push(platform.close);
  return platform;
};

/**
 * `{ site, moodle, other, stranger }`: two platforms that an admin has registered, and one that the
 * site does not know yet.
 */
export const stage = once(async () => {
  const [moodle, other, stranger] = await Promise.all([1, 2, 3].map(newPlatform));
  const site = await startSite(await tls(), await folder(), [moodle.origin]);
  closing.push(site.stop);
  for (const platform of [moodle, other]) {
    const clientId = `client-of-${platform.name}`;
    platform.install({ clientId, deploymentId: '4', ...site.addresses });
    await site.run(
      'lti',
      'add',
      '--name',
      platform.name,
      '--issuer',
      platform.origin,
      '--client-id',
      clientId,
      '--deployment-id',
      '4',
      '--authorization-url',
      `${platform.origin}/mod/lti/auth.php`,
      '--token-url',
      `${platform.origin}/mod/lti/token.php`,
      '--jwks-url',
      `${platform.origin}/mod/lti/certs.php`,
    );
  }
  return { site, moodle, other, stranger };
});
