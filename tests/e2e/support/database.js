// The one thing that no page can do: a grain that left the course.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { site } from './site.js';

const folders = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'].flatMap((parent) => {
  try {
    return readdirSync(parent).map((name) => `${parent}/${name}/bin`);
  } catch {
    return [];
  }
});

/** Runs SQL; false where there is no psql. */
export const runSql = (sql) => {
  const PATH = [process.env.PATH, ...folders].join(':');
  try {
    const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', site.databaseUrl, '-c', sql];
    execFileSync('psql', options, { env: { ...process.env, PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
};
