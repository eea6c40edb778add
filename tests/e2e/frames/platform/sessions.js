// Who is signed in, by Moodle's cookie; and how a test signs somebody in.
import { randomBytes } from 'node:crypto';
import { refuse } from './pages.js';

const random = () => randomBytes(5).toString('hex');

/** The session that the request brings, if any. */
export const sessionOf = (platform, { cookies }) => platform.sessions.get(cookies[platform.cookieName]);

/** An act for those who are signed in; `act` has the session as third argument. */
export const signedIn = (platform, act) => (exchange, groups) => {
  const session = sessionOf(platform, exchange);
  return session ? act(exchange, groups, session) : refuse('Vous n’êtes pas connecté.', 403);
};

export const sessionRoutes = (platform) => [
  [
    'GET',
    '/login/index.php',
    ({ query, headers }) => {
      const user = platform.people.find(({ id }) => id === query.get('user'));
      const id = random();
      platform.sessions.set(id, { user, sesskey: random(), launches: new Map() });
      // Only for Chrome is the cookie marked; other browsers send it inside the frame all the same.
      const sameSite = headers['user-agent'].includes('Chrome/') ? '; SameSite=None' : '';
      const cookie = `${platform.cookieName}=${id}; path=/; secure; HttpOnly${sameSite}`;
      return { status: 303, headers: { location: query.get('to'), 'set-cookie': cookie } };
    },
  ],
];
