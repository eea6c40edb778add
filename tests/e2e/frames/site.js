// mini-site as a host runs it: production settings, on loopback, behind https.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { EMBED_SECRET } from '../support/embed.js';
import { binary, environment, freePort, startServer } from '../support/program.js';
import { serveInFront, stopServing } from './https.js';
import { MINI_SITE } from './names.js';

const runFile = promisify(execFile);

/** Starts it; pages of `framers` may frame what a signed token opens. */
export const startSite = async (tls, folder, framers) => {
  const port = await freePort();
  const { server: front, seen, origin } = await serveInFront(tls, MINI_SITE, port);
  const settings = {
    APP_ENV: 'production',
    API_URL: origin,
    BIND_ADDRESS: '127.0.0.1',
    SECRET_KEY: randomBytes(32).toString('base64'),
    EMBED_TOKEN_SECRET: EMBED_SECRET,
    EMBED_ORIGINS: framers.join(','),
    LTI_ALLOW_PRIVATE_NETWORKS: 'true',
    SSL_CERT_FILE: tls.authority,
    LOG_LEVEL: 'warn',
  };
  const server = await startServer(folder, port, settings);
  const url = (path) => origin + path;
  return {
    origin,
    url,
    /** What browsers sent: `{ method, url, headers }`. */
    seen,
    log: server.log,
    /** What an admin of a platform types. */
    addresses: {
      loginUri: url('/lti/login'),
      redirectUris: [url('/lti/launch')],
      targetLinkUri: url('/lti/launch'),
      jwksUri: url('/.well-known/jwks.json'),
    },
    /** Runs the program with other arguments beside the server; answers with what it prints. */
    async run(...args) {
      const { stdout } = await runFile(binary, args, { cwd: folder, env: environment(settings) });
      return stdout.trim();
    },
    async stop() {
      await stopServing(front);
      await server.stop();
    },
  };
};
