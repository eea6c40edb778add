// Signed tokens, RS256 and nothing else: those of the platform, and those that the tool sends.
import { createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString());

/** A pair with a name: `jwks()` is its public part, `sign(claims)` makes a token. */
export const makeKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomUUID().replaceAll('-', '').slice(0, 20);
  return {
    jwks: () => ({ keys: [{ kty: 'RSA', alg: 'RS256', kid, ...publicKey.export({ format: 'jwk' }), use: 'sig' }] }),
    sign(claims) {
      const signed = `${encode({ typ: 'JWT', alg: 'RS256', kid })}.${encode(claims)}`;
      return `${signed}.${sign('RSA-SHA256', signed, privateKey).toString('base64url')}`;
    },
  };
};

/** What a token says, believed by nobody. */
export const claimsOf = (token) => decode(token.split('.')[1]);

export const kidOf = (token) => decode(token.split('.')[0]).kid;

/** What it says, if a key of `jwks` signed it and its time is now; throws in Moodle's words, without any leeway. */
export const verified = (token, jwks) => {
  const [header, payload, signature] = token.split('.');
  const { alg, kid } = decode(header);
  const jwk = jwks.keys.find((each) => each.kid === kid);
  if (alg !== 'RS256' || !jwk) throw new Error('"kid" invalid, unable to lookup correct key');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  if (!verify('RSA-SHA256', `${header}.${payload}`, key, Buffer.from(signature, 'base64url'))) {
    throw new Error('Signature verification failed');
  }
  const { iat, exp, ...claims } = decode(payload);
  const now = Math.floor(Date.now() / 1000);
  if (iat > now) throw new Error(`Cannot handle token with iat prior to ${new Date(iat * 1000).toISOString()}`);
  if (now >= exp) throw new Error('Expired token');
  return { iat, exp, ...claims };
};
