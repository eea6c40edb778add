// The configuration as code: applied once, nothing to do the second time, a change by hand is seen and undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, configure, ok } from './support/directus.js';

test('the first application writes, and finds everything where it is looked for', () => {
  const { status, output } = configure('apply');
  assert.equal(status, 0, output);
  assert.match(output, /^1\d\d écritures, 0 manque$/m);
});

test('the second application writes nothing', () => {
  const { status, output } = configure('apply');
  assert.equal(status, 0, output);
  assert.equal(output.trim(), '0 écriture, 0 manque');
});

test('check says what was changed by hand, and ends with 1; apply puts it back', async () => {
  const boards = await ok(admin, 'GET', '/panels?filter[name][_eq]=Arrêtés');
  await ok(admin, 'PATCH', `/panels/${boards[0].id}`, { name: 'Autre chose' });
  await ok(admin, 'PATCH', '/fields/users/email', { meta: { note: 'Une autre note' } });
  const [reading] = await ok(admin, 'GET', '/policies?filter[name][_eq]=Suivi pédagogique');
  await ok(admin, 'POST', '/permissions', { policy: reading.id, collection: 'progress', action: 'delete', fields: ['*'] });
  const check = configure('check');
  assert.equal(check.status, 1, check.output);
  assert.match(check.output, /panneau « Arrêtés »\n +name : "Autre chose", attendu "Arrêtés"/);
  assert.match(check.output, /champ users\.email\n +note : "Une autre note"/);
  assert.match(check.output, /droit « Suivi pédagogique » : delete progress\n +en trop/);
  assert.match(check.output, /^3 différences, 0 manque$/m);
  assert.equal(configure('apply').status, 0);
  const again = configure('check');
  assert.equal(again.status, 0, again.output);
});

test('the ten tables are shown, and leave room in the free edition', async () => {
  const collections = await ok(admin, 'GET', '/collections');
  const shown = collections.filter(({ collection, meta }) => meta && !collection.startsWith('directus_'));
  assert.equal(shown.filter(({ schema }) => schema).length, 10);
  const { entitlements } = await ok(admin, 'GET', '/license');
  assert.ok(shown.length <= entitlements.collections.limit);
});

test('every shown table and field has a French label and a note', async () => {
  const isShown = ({ collection }) => !collection.startsWith('directus_');
  const named = ({ meta }) => meta.note && meta.translations?.some(({ language, translation }) => language === 'fr-FR' && translation);
  const collections = (await ok(admin, 'GET', '/collections')).filter((each) => isShown(each) && each.meta);
  const fields = (await ok(admin, 'GET', '/fields')).filter((each) => isShown(each));
  assert.ok(fields.length > 80);
  const silent = [...collections, ...fields].filter((each) => !each.meta || !named(each));
  assert.deepEqual(silent.map(({ collection, field }) => `${collection}.${field ?? ''}`), []);
});
