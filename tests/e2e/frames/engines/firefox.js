// Firefox by Marionette, its own door for WebDriver: nothing to install beside the browser.
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from '../until.js';
import { findProgram, start } from './program.js';
import { driveBrowser } from './webdriver.js';

const program = findProgram('firefox-esr', 'firefox');

/** Why it cannot be used: a sentence, or undefined. */
export const firefoxMissing = program ? undefined : 'Firefox is not installed (Debian: firefox-esr)';

// Cookies are left as they come.
const SETTINGS = { 'marionette.port': 0, 'intl.accept_languages': 'fr-FR,fr,en', 'intl.locale.requested': 'fr' };

const PATIENCE = 30_000;

const NAMES = {
  navigate: 'Navigate',
  refresh: 'Refresh',
  switchToFrame: 'SwitchToFrame',
  findElements: 'FindElements',
  click: 'ElementClick',
  execute: 'ExecuteScript',
  screenshot: 'TakeScreenshot',
};

// A message is its length, a colon and JSON: [0, id, command, parameters], answered by [1, id, error, result].
const speak = (socket) => {
  const waiting = new Map();
  let rest = Buffer.alloc(0);
  let last = 0;
  const hear = ([, id, error, result]) => {
    const { resolve, reject, timer } = waiting.get(id);
    waiting.delete(id);
    clearTimeout(timer);
    if (error) reject(new Error(`${error.error}: ${error.message}`));
    else resolve(result && 'value' in result ? result.value : result);
  };
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let colon; (colon = rest.indexOf(':')) > 0;) {
      const end = colon + 1 + Number(rest.subarray(0, colon));
      if (rest.length < end) return;
      const message = JSON.parse(rest.subarray(colon + 1, end));
      rest = rest.subarray(end);
      // The greeting is no answer.
      if (Array.isArray(message)) hear(message);
    }
  });
  socket.on('close', () => waiting.forEach(({ reject }) => reject(new Error('Firefox is gone'))));
  return (command, parameters = {}) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Firefox does not answer ${command}`)), PATIENCE);
      waiting.set((last += 1), { resolve, reject, timer });
      const text = JSON.stringify([0, last, command, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
};

/** Opens one with a new profile in `folder`. */
export const openFirefox = async (folder) => {
  const home = await mkdtemp(join(folder, 'firefox-'));
  const lines = Object.entries(SETTINGS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  await writeFile(join(home, 'user.js'), lines.join('\n'));
  const args = ['--headless', '--marionette', '--no-remote', '--width=1280', '--height=1000', '--profile', home];
  const process = start(program, args, { env: { ...globalThis.process.env, HOME: home } });
  const port = await until(
    async () => Number(await readFile(join(home, 'MarionetteActivePort'), 'utf8')),
    () => `Firefox does not start: ${process.log()}`,
  );
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const send = speak(socket);
  await send('WebDriver:NewSession', { acceptInsecureCerts: true });
  return {
    hasScript: true,
    ...driveBrowser((command, parameters) => send(`WebDriver:${NAMES[command]}`, parameters)),
    async close() {
      socket.destroy();
      await process.stop();
    },
  };
};
