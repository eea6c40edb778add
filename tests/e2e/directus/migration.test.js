// Directus keeps the schema in memory; after its migrations the program tells it to read it again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, miniSite, ok, sql, url } from './support/directus.js';

const knows = async (field) => (await ok(admin, 'GET', '/fields/users')).some((each) => each.field === field);

test('a new column shows in Directus once mini-site migrate has told it', async () => {
  assert.ok(!(await knows('nickname')));
  sql('alter table users add nickname text');
  try {
    assert.ok(!(await knows('nickname')), 'Directus remembers');
    const { status, output } = miniSite('migrate', { DIRECTUS_URL: url, DIRECTUS_TOKEN: admin });
    assert.equal(status, 0, output);
    assert.match(output, /Directus was told/);
    assert.ok(await knows('nickname'));
  } finally {
    sql('alter table users drop nickname');
    miniSite('migrate', { DIRECTUS_URL: url, DIRECTUS_TOKEN: admin });
  }
});

test('a wrong token is a warning, and the migration stands', () => {
  const { status, output } = miniSite('migrate', { DIRECTUS_URL: url, DIRECTUS_TOKEN: 'another-token' });
  assert.equal(status, 0, output);
  assert.match(output, /warning: Directus was not told .*it answered 401/);
});
