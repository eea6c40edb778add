// WebKitGTK, the engine of Safari, by its own driver, on a screen that nobody sees.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/program.js';
import { until } from '../until.js';
import { findProgram, start } from './program.js';
import { driveBrowser } from './webdriver.js';

const driver = findProgram('WebKitWebDriver');
const screen = findProgram('Xvfb');
const browser = findProgram(
  ...['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`),
  '/usr/libexec/webkit2gtk-4.1/MiniBrowser',
);

/** Why it cannot be used: a sentence, or undefined. */
export const webkitMissing =
  driver && screen && browser ? undefined : 'WebKitGTK is not installed (Debian: webkit2gtk-driver, xvfb)';

const ADDRESSES = {
  navigate: ['POST', 'url'],
  refresh: ['POST', 'refresh'],
  switchToFrame: ['POST', 'frame'],
  findElements: ['POST', 'elements'],
  click: ['POST', 'element/{id}/click'],
  execute: ['POST', 'execute/sync'],
  screenshot: ['GET', 'screenshot'],
};

const PATIENCE = 30_000;

const ask = async (url, method, body) => {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(PATIENCE),
    ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
};

// The number of a free screen: the program chooses one and writes it to its fourth file.
const startScreen = async () => {
  const process = start(screen, ['-displayfd', '3', '-screen', '0', '1400x1100x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let number = '';
  process.child.stdio[3].on('data', (text) => (number += text));
  await until(
    () => number.endsWith('\n'),
    () => `Xvfb does not start: ${process.log()}`,
  );
  return { process, display: `:${number.trim()}` };
};

/** Opens one with a home of its own in `folder`. */
export const openWebkit = async (folder) => {
  const home = await mkdtemp(join(folder, 'webkit-'));
  const { process: screenProcess, display } = await startScreen();
  const port = await freePort();
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', LANGUAGE: 'fr', HOME: home, XDG_RUNTIME_DIR: home, DISPLAY: display };
  const driverProcess = start(driver, [`--port=${port}`], { env });
  const root = `http://127.0.0.1:${port}`;
  await until(
    () => ask(`${root}/status`, 'GET'),
    () => `WebKitWebDriver does not start: ${driverProcess.log()}`,
  );
  const options = { binary: browser, args: ['--automation', '--geometry=1280x1000'] };
  const capabilities = { alwaysMatch: { acceptInsecureCerts: true, 'webkitgtk:browserOptions': options } };
  const { sessionId } = await ask(`${root}/session`, 'POST', { capabilities });
  const send = (command, { id, ...rest } = {}) => {
    const [method, address] = ADDRESSES[command];
    const isPart = address.includes('{id}');
    return ask(
      `${root}/session/${sessionId}/${address.replace('{id}', id)}`,
      method,
      isPart ? rest : { ...(id !== undefined && { id }), ...rest },
    );
  };
  return {
    hasScript: true,
    ...driveBrowser(send),
    async close() {
      await ask(`${root}/session/${sessionId}`, 'DELETE').catch(() => {});
      await driverProcess.stop();
      await screenProcess.stop();
    },
  };
};
