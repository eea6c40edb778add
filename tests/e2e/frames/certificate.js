// A throw-away authority, and one certificate of it for all names: made at each run, never kept.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const settings = (names) => `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${names.map((name) => `DNS:${name}`).join(', ')}
`;

/**
 * Writes them into `folder`. Answers with the texts that a server needs, the path of the authority's
 * certificate, and the hash of the public key by which Chromium is told to trust it.
 */
export const makeCertificate = (folder, names) => {
  const at = (name) => join(folder, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const request = ['req', '-config', at('openssl.cnf'), '-newkey', 'rsa:2048', '-nodes'];
  writeFileSync(at('openssl.cnf'), settings(names));
  openssl(
    ...request,
    '-x509',
    '-days',
    '2',
    '-extensions',
    'authority',
    '-subj',
    '/CN=Authority of one test run',
    '-keyout',
    at('authority.key'),
    '-out',
    at('authority.pem'),
  );
  openssl(...request, '-subj', `/CN=${names[0]}`, '-keyout', at('server.key'), '-out', at('server.csr'));
  openssl(
    'x509',
    '-req',
    '-days',
    '2',
    '-in',
    at('server.csr'),
    '-CA',
    at('authority.pem'),
    '-CAkey',
    at('authority.key'),
    '-CAcreateserial',
    '-extfile',
    at('openssl.cnf'),
    '-extensions',
    'server',
    '-out',
    at('server.pem'),
  );
  const [key, cert, ca] = ['server.key', 'server.pem', 'authority.pem'].map((name) => readFileSync(at(name), 'utf8'));
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return { key, cert, ca, authority: at('authority.pem'), fingerprint: createHash('sha256').update(publicKey).digest('base64') };
};
