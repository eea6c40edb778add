// LibreOffice Calc without a window: what a French spreadsheet makes of a table.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './engines/program.js';
import { folder } from './stage.js';

const runFile = promisify(execFile);

const program = findProgram('soffice', 'libreoffice');

/** Why it cannot be used: a sentence, or undefined. */
export const spreadsheetMissing = program ? undefined : 'LibreOffice is not installed';

// Semicolons, double quotes, UTF-8, from the first line, in French.
const READ = 'CSV:59,34,76,1,,1036,false,true';
// The same, as the cells show; only what needs quotes has some.
const WRITE = 'csv:Text - txt - csv (StarCalc):59,34,76,1,,1036,false,true,false';

/** Opens a table (CSV), saves it as a spreadsheet, opens that and gives it back as CSV. */
export const convert = async (table) => {
  const at = await mkdtemp(join(await folder(), 'spreadsheet-'));
  const run = (...options) =>
    runFile(program, ['--headless', `-env:UserInstallation=file://${at}/profile`, ...options], {
      cwd: at,
      timeout: 90_000,
      env: { ...process.env, HOME: at, LC_ALL: 'C.UTF-8' },
    });
  await writeFile(join(at, 'class.csv'), table);
  await run(`--infilter=${READ}`, '--convert-to', 'ods', 'class.csv');
  await run('--convert-to', WRITE, '--outdir', 'back', 'class.ods');
  return readFile(join(at, 'back/class.csv'), 'utf8');
};
