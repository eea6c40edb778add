// The two sites, and whether this machine knows their names.
import { lookup } from 'node:dns/promises';

export const MOODLE = 'moodle.test';
export const MINI_SITE = 'minisite.test';

const LOOPBACK = ['127.0.0.1', '::1'];

const isHere = async (name) => {
  try {
    return LOOPBACK.includes((await lookup(name)).address);
  } catch {
    return false;
  }
};

const known = await Promise.all([MOODLE, MINI_SITE].map(isHere));

/** Why nothing can be tried: a sentence, or undefined. */
export const namesMissing = known.includes(false)
  ? `this machine does not know the names; add to /etc/hosts: 127.0.0.1 ${MOODLE} ${MINI_SITE}`
  : undefined;
