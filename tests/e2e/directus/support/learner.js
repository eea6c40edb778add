// A learner with an open session, and what the site tells them.
import { newLearner, site } from '../../support/site.js';
import { sql } from './directus.js';

/** Opens a session; `id` is the key of the learner's row. */
export const openSession = async () => {
  const name = newLearner();
  const login = await fetch(site.url(`/?moodle_user_id=${name}`), { redirect: 'manual' });
  const cookie = login.headers.getSetCookie()[0].split(';')[0];
  const send = (path, options) =>
    fetch(site.url(path), { redirect: 'manual', ...options, headers: { cookie, 'sec-fetch-site': 'same-origin', ...options?.headers } });
  return {
    name,
    id: sql(`select id from users where moodle_user_id = '${name}'`),
    get: (path) => send(path),
    finish: (grain) => send(`/grains/${grain}/completion`, { method: 'POST' }),
    /** Ids of the grains that are done; null without a session. */
    completed: async () => {
      const response = await send('/api/progress');
      return response.ok ? (await response.json()).completed.map(({ grain_id: grain }) => grain) : null;
    },
    /** What the site knows of them. */
    profile: async () => (await (await send('/api/progress')).json()).user,
  };
};
