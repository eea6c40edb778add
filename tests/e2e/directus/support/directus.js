// The Directus that bin/test started, beside the site of these tests and on its database.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { site } from '../../support/site.js';

const PROJECT = resolve(import.meta.dirname, '../../../..');
const { DIRECTUS_URL, DIRECTUS_TOKEN, PSQL = 'psql' } = process.env;
if (!DIRECTUS_URL || !DIRECTUS_TOKEN) {
  console.error('DIRECTUS_URL and DIRECTUS_TOKEN are not set: run bin/test directus.');
  process.exit(2);
}

export const url = DIRECTUS_URL;
export const admin = DIRECTUS_TOKEN;
/** The token of the server account, which the tests give. */
export const serverToken = 'a-token-for-the-server-of-these-tests';

/** The tables that are shown. */
export const TABLES = [
  'users',
  'progress',
  'modules',
  'sequences',
  'grains',
  'lti_platforms',
  'lti_deployments',
  'lti_contexts',
  'lti_resource_links',
  'lti_memberships',
];

const psql = (address, text) =>
  execFileSync(PSQL, ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', address, '-c', text]).toString().trim();

/** Runs SQL as the owner of the tables, and returns what it prints. */
export const sql = (text) => psql(site.databaseUrl, text);

/** Runs SQL as the role of Directus, who owns the tables of Directus. */
export const directusSql = (text) => {
  const address = new URL(site.databaseUrl);
  for (const name of ['user', 'password']) address.searchParams.delete(name);
  address.username = 'directus';
  return psql(address.href, text);
};

const run = (program, args, variables) => {
  const { status, stdout, stderr } = spawnSync(program, args, { env: { ...process.env, ...variables }, encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

/** `bin/directus apply` or `check`: its exit code and its words. */
export const configure = (act, variables) =>
  run(`${PROJECT}/bin/directus`, [act], { DIRECTUS_SERVER_TOKEN: serverToken, ...variables });

/** `bin/directus forget`: its exit code and its words. */
export const forget = () => run(`${PROJECT}/bin/directus`, ['forget'], { DATABASE_URL: site.databaseUrl });

/** A command of the program, word by word, with these settings. */
export const miniSite = (command, variables) =>
  run(process.env.BASE_BINARY, command.split(' '), { APP_ENV: 'development', DATABASE_URL: site.databaseUrl, ...variables });

/** Asks Directus with a token: the status, the data, and the codes of its errors. */
export const ask = async (token, method, path, body) => {
  const response = await fetch(url + path, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  return { status: response.status, data: answer.data, codes: answer.errors?.map(({ extensions }) => extensions?.code) ?? [] };
};

/** The same, for what must be granted. */
export const ok = async (token, method, path, body) => {
  const answer = await ask(token, method, path, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.codes}`);
  return answer.data;
};

/** The account of a role, with a token; each takes one of the three seats of the free edition. */
export const accountOf = async (roleName) => {
  const [role] = await ok(admin, 'GET', `/roles?filter[name][_eq]=${encodeURIComponent(roleName)}`);
  const token = 'a-token-for-a-reader-of-these-tests';
  const password = 'only for these tests';
  const account = { email: 'reader@example.org', password, role: role.id, token, language: 'fr-FR' };
  await ok(admin, 'POST', '/users', account);
  return account;
};

/** Waits until a claim holds: the site believes a session for two seconds. */
export const eventually = async (claim, isTrue) => {
  const deadline = Date.now() + 5_000;
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadline, `never: ${claim}`);
    await pause(100);
  }
};
