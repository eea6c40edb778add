// What Directus keeps of people in tables of its own, and how it is purged (docs/RGPD.md).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, configure, directusSql, forget, ok } from './support/directus.js';
import { openSession } from './support/learner.js';

const count = (table, condition) => Number(directusSql(`select count(*) from directus.directus_${table} where ${condition}`));

const commentOn = (collection, item) => ok(admin, 'POST', '/comments', { collection, item, comment: 'Élodie a demandé un délai' });

/** Finishes a grain and returns the key of the completion. */
const complete = async (learner) => {
  await learner.finish('grain1');
  const [{ id }] = await ok(admin, 'GET', `/items/progress?filter[user_id][_eq]=${learner.id}&fields=id`);
  return id;
};

const notify = async (learner, subject) => {
  const { id: recipient } = await ok(admin, 'GET', '/users/me?fields=id');
  await ok(admin, 'POST', '/notifications', { recipient, subject, collection: 'users', item: learner.id });
};

test('what is written about a learner goes once they are erased; what is written about others stays', async () => {
  const [erased, other] = [await openSession(), await openSession()];
  const completions = [];
  for (const learner of [erased, other]) {
    completions.push(await complete(learner));
    await commentOn('users', learner.id);
    await commentOn('progress', completions.at(-1));
    await notify(learner, 'Élodie a demandé un délai');
  }
  await ok(admin, 'DELETE', `/items/users/${erased.id}`);
  assert.equal(count('comments', `item = '${erased.id}'`), 1, 'Directus keeps it by itself');
  const activity = count('activity', 'true');
  const { status, output } = forget();
  assert.equal(status, 0, output);
  assert.match(output, /Effacé : \d+ révision\(s\), 2 commentaire\(s\), 1 notification\(s\)\./);
  for (const table of ['comments', 'notifications']) {
    assert.equal(count(table, `item = '${erased.id}'`), 0, table);
    assert.equal(count(table, `item = '${other.id}'`), 1, table);
  }
  const commented = completions.map((id) => count('comments', `collection = 'progress' and item = '${id}'`));
  assert.deepEqual(commented, [0, 1], 'on their completions');
  assert.equal(count('activity', 'true'), activity, 'the history says who did it');
  assert.match(forget().output, /Effacé : 0 révision\(s\), 0 commentaire\(s\), 0 notification\(s\)\./);
});

test('copies of records go, and none are written once the configuration is applied', async () => {
  const learner = await openSession();
  const copies = () => count('revisions', "collection in ('users', 'progress', 'lti_memberships')");
  const correct = (email) => ok(admin, 'PATCH', `/items/users/${learner.id}`, { email });
  await ok(admin, 'PATCH', '/collections/users', { meta: { accountability: 'all' } });
  await correct('elodie@example.org');
  assert.ok(count('revisions', `item = '${learner.id}' and data::text like '%elodie@example.org%'`) > 0, 'Directus copies what it follows');
  assert.equal(forget().status, 0);
  assert.equal(copies(), 0);
  assert.equal(configure('apply').status, 0);
  await correct('elodie.n@example.org');
  assert.equal(copies(), 0);
  assert.ok(count('activity', `collection = 'users' and item = '${learner.id}'`) > 0);
  // As docs/RGPD.md has it, for one person.
  directusSql(`DELETE FROM directus.directus_activity WHERE collection = 'users' AND item = '${learner.id}'`);
  assert.equal(count('activity', `collection = 'users' and item = '${learner.id}'`), 0);
});
