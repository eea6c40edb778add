// After the move of docs/MIGRATION_BDD.md: a Directus on the restored database, beside that of the old one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, ask, configure, eventually, miniSite, ok, sql, TABLES } from './support/directus.js';
import { openSession } from './support/learner.js';

const { OLD_DIRECTUS_URL } = process.env;

/** All rows of a table, as a Directus tells them. */
const rowsOf = async (address, table) => {
  const response = await fetch(`${address}/items/${table}?limit=-1&sort=id&fields=*`, { headers: { authorization: `Bearer ${admin}` } });
  assert.equal(response.status, 200, `${address} ${table}`);
  return (await response.json()).data;
};

test('the configuration goes into the new Directus by one command, while the site is still read-only', () => {
  const first = configure('apply');
  assert.equal(first.status, 0, first.output);
  assert.match(first.output, /^1\d\d écritures, 0 manque$/m);
  assert.equal(configure('apply').output.trim(), '0 écriture, 0 manque');
  const check = configure('check');
  assert.equal(check.status, 0, check.output);
});

test('the new Directus shows what the old one shows, row by row', async () => {
  let rows = 0;
  for (const table of TABLES) {
    const [before, after] = await Promise.all([rowsOf(OLD_DIRECTUS_URL, table), rowsOf(process.env.DIRECTUS_URL, table)]);
    // Lists of other tables' keys come in any order.
    const sorted = (all) => all.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Array.isArray(value) ? value.toSorted() : value])));
    assert.deepEqual(sorted(after), sorted(before), table);
    rows += after.length;
  }
  assert.ok(rows > 50, `${rows} rows`);
});

test('until the move is over both refuse what an admin changes', async () => {
  const [{ id }] = await ok(admin, 'GET', '/items/users?limit=1&fields=id');
  const change = { email: 'too-early@example.org' };
  assert.ok((await ask(admin, 'PATCH', `/items/users/${id}`, change)).status >= 400, 'the new one');
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
  const old = await fetch(`${OLD_DIRECTUS_URL}/items/users/${id}`, { method: 'PATCH', headers, body: JSON.stringify(change) });
  assert.ok(old.status >= 400, 'the old one');
  assert.equal(sql("select count(*) from users where email = 'too-early@example.org'"), '0');
});

test('once it is open again, the site honours what an admin does in the new Directus', async () => {
  const { status, output } = miniSite('read-only off');
  assert.equal(status, 0, output);
  let learner;
  await eventually('the site opens sessions again', async () => (learner = await openSession().catch(() => null)));
  await eventually('it keeps what is finished', async () => (await learner.finish('grain1')).status === 303);
  const [{ id }] = await ok(admin, 'GET', `/items/progress?filter[user_id][_eq]=${learner.id}`);
  await ok(admin, 'DELETE', `/items/progress/${id}`);
  assert.deepEqual(await learner.completed(), []);
});
