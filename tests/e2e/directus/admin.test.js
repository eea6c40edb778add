// What an admin does in Directus, and how soon the site honours it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../support/site.js';
import { admin, eventually, ok, sql } from './support/directus.js';
import { openSession } from './support/learner.js';

const completionOf = async (id, grain) => {
  const [row] = await ok(admin, 'GET', `/items/progress?filter[user_id][_eq]=${id}&filter[grain_id][_eq]=${grain}`);
  return row;
};

test('an admin corrects an e-mail; the date of the change follows', async () => {
  const learner = await openSession();
  sql(`update users set updated_at = '2020-01-01' where id = '${learner.id}'`);
  const changed = await ok(admin, 'PATCH', `/items/users/${learner.id}`, { email: 'elodie@example.org' });
  assert.ok(Date.now() - new Date(changed.updated_at) < 60_000, changed.updated_at);
  await eventually('the site knows the new e-mail', async () => (await learner.profile()).email === 'elodie@example.org');
});

test('an admin deletes a completion: the next page has the grain to do again', async () => {
  const learner = await openSession();
  for (const grain of ['grain1', 'grain2']) await learner.finish(grain);
  const { id } = await completionOf(learner.id, 'grain1');
  await ok(admin, 'DELETE', `/items/progress/${id}`);
  assert.deepEqual(await learner.completed(), ['grain2']);
  assert.equal((await learner.finish('grain1')).status, 303);
  assert.deepEqual(await learner.completed(), ['grain1', 'grain2']);
});

test('an admin takes a completion off the page of its learner', async () => {
  const learner = await openSession();
  for (const grain of ['grain1', 'grain2']) await learner.finish(grain);
  const { id } = await completionOf(learner.id, 'grain2');
  // What the form sends when the dustbin was pressed.
  await ok(admin, 'PATCH', `/items/users/${learner.id}`, { progress: { create: [], update: [], delete: [id] } });
  assert.deepEqual(await learner.completed(), ['grain1']);
});

test('an admin erases a learner: everything goes, sessions too', async () => {
  const learner = await openSession();
  await learner.finish('grain1');
  await ok(admin, 'DELETE', `/items/users/${learner.id}`);
  for (const table of ['progress', 'internal.sessions', 'internal.outbox', 'internal.lti_scores', 'lti_memberships']) {
    assert.equal(sql(`select count(*) from ${table} where user_id = '${learner.id}'`), '0', table);
  }
  assert.notEqual((await learner.finish('grain2')).status, 303, 'nothing is written for them any more');
  await eventually('the session is over', async () => (await learner.completed()) === null);
});

test('an admin enrols somebody who comes from no platform', async () => {
  const { id } = await ok(admin, 'POST', '/items/users', { moodle_user_id: 'by-hand', name: 'Ana Silva', email: 'ana@example.org' });
  const response = await fetch(site.url('/api/progress'), { headers: { 'x-moodle-user-id': 'by-hand' } });
  assert.equal((await response.json()).user.email, 'ana@example.org');
  await ok(admin, 'DELETE', `/items/users/${id}`);
});

test('an admin accepts a platform, then suspends it: it opens the course, then nothing', async () => {
  const issuer = 'https://moodle.example.org';
  const id = sql(`insert into lti_platforms (name, issuer, client_id, authorization_url, token_url, jwks_url)
                  values ('Essai', '${issuer}', 'essai', '${issuer}/auth', '${issuer}/token', '${issuer}/certs') returning id`);
  const learner = await openSession();
  sql(`update users set platform_id = '${id}' where id = '${learner.id}'`);
  const query = new URLSearchParams({ iss: issuer, client_id: 'essai', login_hint: '1', target_link_uri: site.url('/') });
  const login = async () => {
    const { status, headers } = await fetch(site.url(`/lti/login?${query}`), { redirect: 'manual' });
    return headers.get('location')?.startsWith(`${issuer}/auth?`) ? 'opened' : status;
  };
  const isOpen = async () => (await learner.completed()) !== null;
  const setStatus = (status) => ok(admin, 'PATCH', `/items/lti_platforms/${id}`, { status });

  assert.equal(await login(), 403, 'pending');
  await setStatus('approved');
  assert.equal(await login(), 'opened');
  await eventually('its learners read', isOpen);
  await setStatus('suspended');
  assert.equal(await login(), 403, 'suspended');
  await eventually('its open sessions are over', async () => !(await isOpen()));
  sql(`update users set platform_id = null where id = '${learner.id}'; delete from lti_platforms where id = '${id}'`);
});
