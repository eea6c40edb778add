// Programs that the tests start, and end by their own number.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const canRun = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The first of these programs that is installed; a name is looked for in PATH. */
export const findProgram = (...names) => {
  const folders = process.env.PATH.split(delimiter);
  return names.flatMap((name) => (name.startsWith('/') ? [name] : folders.map((folder) => join(folder, name)))).find(canRun);
};

const PATIENCE = 5_000;

/** Starts one in a group of its own; `log()` is what it wrote, `stop()` ends it and all it started. */
export const start = (program, args, options = {}) => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  const parts = [];
  for (const stream of child.stdio.slice(1)) stream?.on('data', (text) => parts.push(String(text)));
  const end = once(child, 'exit').catch((error) => parts.push(error.message));
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // Gone already.
    }
  };
  const kill = () => signal('SIGKILL');
  process.once('exit', kill);
  return {
    child,
    log: () => parts.join(''),
    isGone: () => child.exitCode !== null || child.signalCode !== null || !child.pid,
    async stop() {
      signal('SIGTERM');
      const timer = setTimeout(kill, PATIENCE);
      await end;
      clearTimeout(timer);
      // What it started and left behind.
      kill();
      process.off('exit', kill);
    },
  };
};
