// Option A: a server asks Directus, not our API. Same tables, same constraints, shown at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, ask, configure, ok, serverToken } from './support/directus.js';
import { openSession } from './support/learner.js';

const grain1 = { grain_id: 'grain1', module_id: 'module1', sequence_id: 'sequence1' };
const OF_GRAIN_1 = 'fields=id,user_id,grain_id,module_id,sequence_id,completed_at';

test('a server posts a completion and reads it; the site shows it at once', async () => {
  const learner = await openSession();
  const posted = await ok(serverToken, 'POST', '/items/progress', { user_id: learner.id, ...grain1 });
  assert.ok(Date.now() - new Date(posted.completed_at) < 60_000, posted.completed_at);
  const read = await ok(serverToken, 'GET', `/items/progress?filter[user_id][_eq]=${learner.id}&${OF_GRAIN_1}`);
  assert.deepEqual(read, [{ id: posted.id, user_id: learner.id, ...grain1, completed_at: posted.completed_at }]);
  assert.deepEqual(await learner.completed(), ['grain1']);
});

test('what the learner finishes on the site is there for the server', async () => {
  const learner = await openSession();
  await learner.finish('grain2');
  const read = await ok(serverToken, 'GET', `/items/progress?filter[user_id][_eq]=${learner.id}&fields=grain_id`);
  assert.deepEqual(read, [{ grain_id: 'grain2' }]);
});

test('what makes no sense is refused cleanly, and nothing is written', async () => {
  const learner = await openSession();
  const post = (body) => ask(serverToken, 'POST', '/items/progress', body);
  await learner.finish('grain1');
  for (const [body, code] of [
    [{ user_id: learner.id, ...grain1 }, 'RECORD_NOT_UNIQUE'],
    [{ user_id: learner.id, ...grain1, grain_id: 'grain99' }, 'INVALID_FOREIGN_KEY'],
    [{ user_id: learner.id, ...grain1, grain_id: 'grain2', module_id: 'module2' }, 'INVALID_FOREIGN_KEY'],
    [{ user_id: '00000000-0000-4000-8000-000000000000', ...grain1 }, 'INVALID_FOREIGN_KEY'],
    [{ user_id: learner.id, grain_id: 'grain2' }, 'FAILED_VALIDATION'],
  ]) {
    const { status, codes } = await post(body);
    assert.deepEqual({ status, codes }, { status: 400, codes: [code] }, JSON.stringify(body));
  }
  const two = { user_id: learner.id, ...grain1, grain_id: 'grain2' };
  assert.equal((await post([two, two])).status, 400);
  assert.deepEqual(await learner.completed(), ['grain1']);
});

test('the token of the server changes and removes nothing', async () => {
  const learner = await openSession();
  await learner.finish('grain1');
  const [{ id }] = await ok(serverToken, 'GET', `/items/progress?filter[user_id][_eq]=${learner.id}`);
  assert.equal((await ask(serverToken, 'DELETE', `/items/progress/${id}`)).status, 403);
  assert.equal((await ask(serverToken, 'PATCH', `/items/users/${learner.id}`, { email: 'a@example.org' })).status, 403);
  assert.equal((await ask('another-token', 'GET', '/items/progress')).status, 401);
});

test('a new token for the server takes the place of the old one', async () => {
  const next = { DIRECTUS_SERVER_TOKEN: 'the-next-token-of-these-tests' };
  const check = configure('check', next);
  assert.equal(check.status, 1, check.output);
  assert.match(check.output, /son jeton n’est pas DIRECTUS_SERVER_TOKEN/);
  assert.doesNotMatch(check.output, /the-next-token/);
  assert.equal(configure('apply', next).status, 0);
  assert.equal((await ask(serverToken, 'GET', '/items/progress?limit=1')).status, 401);
  await ok(next.DIRECTUS_SERVER_TOKEN, 'GET', '/items/progress?limit=1');
  assert.equal(configure('apply').status, 0);
  await ok(serverToken, 'GET', '/items/progress?limit=1');
});

test('the free edition knows no right per learner', async () => {
  const [policy] = await ok(admin, 'GET', '/policies?filter[name][_eq]=Serveur du cours');
  const own = { policy: policy.id, collection: 'progress', action: 'update', fields: ['*'], permissions: { user_id: { _eq: '$CURRENT_USER' } } };
  const { status, codes } = await ask(admin, 'POST', '/permissions', own);
  assert.deepEqual({ status, codes }, { status: 403, codes: ['RESOURCE_RESTRICTED'] });
});
