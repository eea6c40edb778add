// The site that the tests look at: the real binary, started here and stopped by its own number;
// and a plain server that plays a page of somebody else.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after } from 'node:test';

const PROJECT = resolve(import.meta.dirname, '../../..');
const SECRET = 'only for these tests, 32 bytes or more';
const START_LIMIT = 30_000;

const listen = async (handler) => {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

// A port that was free a moment ago.
const freePort = async () => {
  const server = await listen();
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

// ---- A page elsewhere

const documents = new Map();
const foreignServer = await listen((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const html = documents.get(pathname);
  // Browsers ask for a picture that no page here has.
  const status = html ? 200 : pathname === '/favicon.ico' ? 204 : 404;
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html);
});
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

const { DATABASE_URL, BASE_BINARY = join(PROJECT, 'target/debug/mini-site') } = process.env;
if (!DATABASE_URL) {
  console.error('DATABASE_URL is not set: give the browser tests an empty database, or run bin/test e2e.');
  process.exit(2);
}

const port = await freePort();
const folder = await mkdtemp(join(tmpdir(), 'mini-site-e2e-'));
const output = [];
// Away from the project's .env, and with no variable of the caller but the database.
const server = spawn(resolve(PROJECT, BASE_BINARY), ['serve'], {
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    APP_ENV: 'development',
    DEV_LOGIN: 'true',
    DATABASE_URL,
    PORT: String(port),
    API_URL: `http://localhost:${port}`,
    EMBED_TOKEN_SECRET: SECRET,
    CORS_ORIGINS: elsewhere.origin,
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'pipe', 'pipe'],
});
const ended = once(server, 'exit');
server.on('error', (error) => output.push(`${error.message}\n`));
for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => output.push(String(text)));

const stop = async () => {
  foreignServer.close();
  foreignServer.closeAllConnections();
  if (server.exitCode === null && server.pid) {
    server.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
};

const isReady = async () => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
  } catch {
    return false;
  }
};

for (const deadline = Date.now() + START_LIMIT; !(await isReady()); await pause(50)) {
  const isGone = server.exitCode !== null || !server.pid;
  if (!isGone && Date.now() < deadline) continue;
  await stop();
  console.error(`The site did not start (${BASE_BINARY}):\n${output.join('')}`);
  process.exit(1);
}
process.once('exit', () => server.kill('SIGKILL'));
after(stop);

export const site = {
  origin: `http://localhost:${port}`,
  /** Where the server runs. */
  folder,
  url: (path) => `http://localhost:${port}${path}`,
  /** What the server wrote so far. */
  log: () => output.join(''),
  databaseUrl: DATABASE_URL,
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
  if (!response.ok) throw new Error(`${response.status}: ${text}\n${output.join('')}`);
  return JSON.parse(text);
};

/** What the learner has done, as the database has it. */
export const progressOf = (learner) => api(learner);

/** Finishes the next `wanted` grains of the course, or all that are left. */
export const finishNext = async (learner, wanted = Infinity) => {
  let { next } = await api(learner);
  for (let done = 0; next && done < wanted; done += 1) ({ next } = await api(learner, { grain_id: next }));
};

/** A token as a platform signs it (docs/API.md). */
export const tokenFor = (learner, claims = {}) => {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: learner, exp, ...claims })}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
};
