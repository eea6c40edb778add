// Who may do what: the role that only reads, nobody, and an admin whom PostgreSQL stops.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../support/site.js';
import { accountOf, admin, ask, configure, ok, sql, TABLES } from './support/directus.js';
import { openSession } from './support/learner.js';

test('the role « Suivi pédagogique » reads every table and the dashboard, and changes nothing', async () => {
  const { id, finish } = await openSession();
  await finish('grain1');
  const { token } = await accountOf('Suivi pédagogique');
  for (const table of TABLES) await ok(token, 'GET', `/items/${table}?limit=1`);
  assert.equal((await ok(token, 'GET', '/panels')).length, 8);
  const [{ count }] = await ok(token, 'GET', '/items/progress?aggregate[count]=*&groupBy[]=module_id');
  assert.ok(Number(count) > 0);
  const [completion] = await ok(token, 'GET', `/items/progress?filter[user_id][_eq]=${id}`);
  for (const [method, path, body] of [
    ['PATCH', `/items/users/${id}`, { email: 'other@example.org' }],
    ['DELETE', `/items/users/${id}`],
    ['DELETE', `/items/progress/${completion.id}`],
    ['POST', '/items/progress', { user_id: id, grain_id: 'grain2', module_id: 'module1', sequence_id: 'sequence1' }],
    ['PATCH', '/items/modules/module1', { title: 'Autre' }],
    ['POST', '/users', { email: 'new@example.org' }],
    ['PATCH', '/settings', { project_name: 'Autre' }],
    ['GET', '/schema/snapshot'],
  ]) {
    const { status } = await ask(token, method, path, body);
    assert.equal(status, 403, `${method} ${path}`);
  }
});

test('without a token nothing is told', async () => {
  for (const table of TABLES) assert.equal((await ask(null, 'GET', `/items/${table}`)).status, 403, table);
});

test('not even an admin sees sessions, keys or jobs', async () => {
  const tables = sql("select relname from pg_class where relnamespace = 'internal'::regnamespace and relkind = 'r'").split('\n');
  assert.ok(tables.length > 5);
  const collections = (await ok(admin, 'GET', '/collections')).map(({ collection }) => collection);
  for (const table of tables) {
    assert.ok(!collections.includes(table), table);
    assert.equal((await ask(admin, 'GET', `/items/${table}`)).status, 403, table);
  }
});

test('an admin can neither drop a table of ours, nor change its columns, nor write the catalogue', async () => {
  const shape = () =>
    sql(`select string_agg(attrelid::regclass || '.' || attname, ' ' order by attrelid::regclass::text, attnum) from pg_attribute
         join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace and attnum > 0`);
  const before = shape();
  for (const [method, path, body] of [
    ['DELETE', '/collections/users'],
    ['DELETE', '/collections/progress'],
    ['DELETE', '/fields/users/email'],
    ['POST', '/fields/users', { field: 'mine', type: 'string', schema: {}, meta: {} }],
    ['PATCH', '/items/modules/module1', { title: 'Autre' }],
    ['POST', '/items/grains', { id: 'mine', module_id: 'module1', sequence_id: 'sequence1', position: 1, title: '', summary: '', minutes: 1 }],
    ['DELETE', '/items/sequences/sequence1'],
  ]) {
    const { status } = await ask(admin, method, path, body);
    assert.ok(status >= 400, `${method} ${path}: ${status}`);
  }
  assert.equal(shape(), before);
  assert.equal(sql("select count(*) from modules where title = 'Autre'"), '0');
  await ok(admin, 'GET', '/items/users?limit=1&fields=email');
});

test('an account that may not set passwords is told so before PostgreSQL could write one into its log', () => {
  const address = new URL(site.databaseUrl);
  address.username = 'plain_owner';
  sql('create role plain_owner login; grant mini_site to plain_owner');
  try {
    const refused = configure('role', { DATABASE_URL: address.href, DIRECTUS_DB_PASSWORD: 'hush' });
    assert.notEqual(refused.status, 0);
    assert.match(refused.output, /may not set the password of the user « directus »/);
    const given = configure('role', { DATABASE_URL: address.href });
    assert.equal(given.status, 0, given.output);
  } finally {
    sql('drop role plain_owner');
  }
});
