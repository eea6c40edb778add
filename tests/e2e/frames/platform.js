// A Moodle 4.5, as far as an LTI tool can tell: one course, four people, and the rules that were
// measured on the real one. Each part has its file in platform/.
import { serve, stopServing } from './https.js';
import { MOODLE } from './names.js';
import { courseRoutes } from './platform/course.js';
import { deepLinkingRoutes } from './platform/deep-linking.js';
import { answerBy } from './platform/exchange.js';
import { gradeRoutes } from './platform/grades.js';
import { launchRoutes } from './platform/launch.js';
import { COURSE, learner, people } from './platform/people.js';
import { SCOPES, registrationRoutes } from './platform/registration.js';
import { rosterRoutes } from './platform/roster.js';
import { sessionRoutes } from './platform/sessions.js';
import { tokenRoutes } from './platform/token.js';
import { makeKey } from './platform/tokens.js';

export * from './platform/people.js';

const PARTS = [
  sessionRoutes,
  courseRoutes,
  launchRoutes,
  deepLinkingRoutes,
  registrationRoutes,
  tokenRoutes,
  gradeRoutes,
  rosterRoutes,
];

/**
 * Starts one. `tls` is a certificate with its authority; `number` tells two apart. It knows a tool
 * once one is registered, by `install` or by itself (dynamic registration).
 */
export const startPlatform = async (tls, number = 1) => {
  const routes = [];
  const received = [];
  let answer;
  const server = await serve(tls, (request, response) => answer(request, response));
  const origin = `https://${MOODLE}:${server.address().port}`;
  answer = answerBy(routes, origin, received);
  let last = 5;
  const platform = {
    origin,
    name: `moodle${number}`,
    // Two servers of one name share their cookies: Moodle has a setting for that.
    cookieName: `MoodleSession${number === 1 ? '' : number}`,
    ca: tls.ca,
    key: makeKey(),
    people: [...people],
    sessions: new Map(),
    activities: [],
    lineItems: new Map(),
    accessTokens: new Map(),
    registrationTokens: new Set(),
    /** All requests, each with its `answer`. */
    received,
    /** Ids of people whose scores it refuses. */
    refuses: new Set(),
    /** The deep-linking answers: their claims. */
    picked: [],
    /** Takes `{ clientId, deploymentId, loginUri, redirectUris, targetLinkUri, jwksUri }` as an admin would type it. */
    install(tool) {
      platform.tool = { title: 'Outil', scopes: SCOPES, deepLinkingUri: tool.targetLinkUri, custom: {}, isActive: true, ...tool };
    },
    /** One more learner, whom no other test knows. */
    enrol(given = 'Camille', family = 'Durand') {
      const id = String(100 + platform.people.length);
      const person = learner(id, `eleve${id}`, given, `${family} ${id}`);
      platform.people.push(person);
      return person;
    },
    /** Puts an activity into the course; `grade` is `{ maximum }` when it has a column. */
    addActivity({ title, text, url, custom, grade }) {
      const id = String((last += 1));
      const activity = { id, cmid: String(last + 1), title, text, url, custom, grade };
      platform.activities.push(activity);
      if (grade) {
        const { maximum: scoreMaximum, label = title, resourceId, tag } = grade;
        platform.lineItems.set(id, { id, label, scoreMaximum, resourceId, tag, link: id, grades: new Map() });
      }
      return activity;
    },
    /** A column without an activity. */
    addLineItem(item) {
      const id = String((last += 1));
      platform.lineItems.set(id, { ...item, id, grades: new Map() });
      return platform.lineItems.get(id);
    },
    /** What the gradebook shows: a number, or nothing. */
    gradeOf: ({ id }, user) => platform.lineItems.get(id)?.grades.get(user.id)?.score ?? undefined,
    courseUrl: `${origin}/course/view.php?id=${COURSE.id}`,
    pickerUrl: `${origin}/course/modedit.php?add=lti`,
    activityUrl: ({ cmid }) => `${origin}/mod/lti/view.php?id=${cmid}`,
    /** Signs somebody in, then leads to `url`. */
    signInUrl: (user, url) => `${origin}/login/index.php?user=${user.id}&to=${encodeURIComponent(url)}`,
    registrationUrl: (url) => `${origin}/mod/lti/toolconfigure.php?url=${encodeURIComponent(url)}`,
    framingUrl: (url) => `${origin}/framing.html?of=${encodeURIComponent(url)}`,
    close: () => stopServing(server),
  };
  routes.push(...PARTS.flatMap((part) => part(platform)));
  return platform;
};
