// The site that the tests look at: the real binary, started here and stopped by its own number;
// and a plain server that plays a page of somebody else.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { EMBED_SECRET } from './embed.js';
import { databaseUrl, freePort, startServer } from './program.js';

// ---- A page elsewhere

const documents = new Map();
const foreignServer = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const html = documents.get(pathname);
  // Browsers ask for a picture that no page here has.
  const status = html ? 200 : pathname === '/favicon.ico' ? 204 : 404;
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html);
});
foreignServer.listen(0, '127.0.0.1');
await once(foreignServer, 'listening');
const foreignPort = foreignServer.address().port;

export const elsewhere = {
  /** The origin that the site lets call its API. */
  origin: `http://localhost:${foreignPort}`,
  /** The same page at an origin that the site does not know. */
  unknownOrigin: `http://127.0.0.1:${foreignPort}`,
  publish(path, html) {
    documents.set(path, html);
  },
};

// ---- The site

const port = await freePort();
const folder = mkdtempSync(join(tmpdir(), 'mini-site-e2e-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
after(() => {
  foreignServer.close();
  foreignServer.closeAllConnections();
});
const settings = {
  APP_ENV: 'development',
  DEV_LOGIN: 'true',
  API_URL: `http://localhost:${port}`,
  EMBED_TOKEN_SECRET: EMBED_SECRET,
  CORS_ORIGINS: elsewhere.origin,
  LOG_LEVEL: 'warn',
};
const server = await startServer(folder, port, settings).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
after(server.stop);

export const site = {
  origin: `http://localhost:${port}`,
  /** Where the server runs. */
  folder,
  url: (path) => `http://localhost:${port}${path}`,
  /** What the server wrote so far. */
  log: server.log,
  databaseUrl,
};

// ---- Learners

let count = 0;
/** A learner whom no other test knows. */
export const newLearner = () => `e2e-${Date.now().toString(36)}-${(count += 1)}`;

const api = async (learner, body) => {
  const response = await fetch(site.url('/api/progress'), {
    method: body ? 'POST' : 'GET',
    headers: { 'x-moodle-user-id': learner, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}\n${server.log()}`);
  return JSON.parse(text);
};

/** What the learner has done, as the database has it. */
export const progressOf = (learner) => api(learner);

/** Finishes the next `wanted` grains of the course, or all that are left. */
export const finishNext = async (learner, wanted = Infinity) => {
  let { next } = await api(learner);
  for (let done = 0; next && done < wanted; done += 1) ({ next } = await api(learner, { grain_id: next }));
};
