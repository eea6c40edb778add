// The signed iframe token, as whoever frames the site makes it (docs/API.md).
import { createHmac } from 'node:crypto';

/** Shared with the site. */
export const EMBED_SECRET = 'only for these tests, 32 bytes or more';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token for `learner`, good for an hour unless `claims` say otherwise. */
export const tokenFor = (learner, claims = {}) => {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: learner, exp, ...claims })}`;
  return `${signed}.${createHmac('sha256', EMBED_SECRET).update(signed).digest('base64url')}`;
};
