// The real binary: where it is, how it is started, and how it is ended by its own number.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PROJECT = resolve(import.meta.dirname, '../../..');
const START_LIMIT = 30_000;

const { DATABASE_URL, BASE_BINARY = join(PROJECT, 'target/debug/mini-site') } = process.env;
if (!DATABASE_URL) {
  console.error('DATABASE_URL is not set: give the browser tests an empty database, or run bin/test.');
  process.exit(2);
}

/** An empty database of the tests. */
export const databaseUrl = DATABASE_URL;

export const binary = resolve(PROJECT, BASE_BINARY);

/** A port that was free a moment ago. */
export const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

/** All that the program sees of the caller's variables; `settings` are added. */
export const environment = (settings) => ({ PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL, ...settings });

const isReady = async (port) => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
  } catch {
    return false;
  }
};

/**
 * Serves at `port`, in `folder`, away from the project's .env. `log()` is what the server wrote so
 * far. Throws when it does not get ready.
 */
export const startServer = async (folder, port, settings) => {
  const output = [];
  const server = spawn(binary, ['serve'], {
    cwd: folder,
    env: environment({ PORT: String(port), ...settings }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(server, 'exit');
  // What could not be started has no end either.
  ended.catch(() => {});
  server.on('error', (error) => output.push(`${error.message}\n`));
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => output.push(String(text)));
  const stop = async () => {
    if (server.exitCode === null && server.pid) {
      server.kill('SIGTERM');
      await ended;
    }
  };
  process.once('exit', () => server.kill('SIGKILL'));
  for (const deadline = Date.now() + START_LIMIT; !(await isReady(port)); await pause(50)) {
    const isGone = server.exitCode !== null || !server.pid;
    if (!isGone && Date.now() < deadline) continue;
    await stop();
    throw new Error(`The site did not start (${binary}):\n${output.join('')}`);
  }
  return { stop, log: () => output.join('') };
};
