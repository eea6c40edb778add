// Moodle's own pages: the course, an activity with its frame, the way back out of it.
import { COURSE, fullName } from './people.js';
import { escape, page, redirect, refuse } from './pages.js';
import { signedIn } from './sessions.js';

const MOBILE = /Android|iPhone|iPad|Mobile/;

/** Whether Moodle leaves its own page to the tool, as it does on phones and tablets. */
export const isMobile = ({ headers }) => MOBILE.test(headers['user-agent']);

// The height of the rest of the window, as a script of Moodle's sets it, once and when the window changes.
const RESIZE = `<script>
const fit = () => { contentframe.style.height = Math.max(innerHeight - contentframe.offsetTop - 30, 100) + 'px'; };
fit();
addEventListener('resize', fit);
</script>`;

const FEATURES = ['microphone', 'camera', 'geolocation', 'midi', 'encrypted-media', 'autoplay'];

const frame = ({ origin, tool }, { cmid }) => {
  const toolOrigin = new URL(tool.targetLinkUri).origin;
  const allow = FEATURES.map((name) => `${name} ${toolOrigin}`).join('; ');
  return `<iframe id="contentframe" height="600px" width="100%" src="${origin}/mod/lti/launch.php?id=${cmid}&amp;triggerview=0"
 allow="${allow}" allowfullscreen="1"></iframe>${RESIZE}`;
};

const header = ({ user }) => `<p>Connecté·e sous le nom « ${escape(fullName(user))} »</p>`;

export const courseRoutes = (platform) => [
  [
    'GET',
    '/course/view.php',
    signedIn(platform, (_, __, session) => {
      const links = platform.activities.map(
        ({ cmid, title }) => `<li><a href="/mod/lti/view.php?id=${cmid}">${escape(title)}</a></li>`,
      );
      return page(COURSE.title, `${header(session)}<ul>${links.join('')}</ul>`);
    }),
  ],
  [
    'GET',
    '/mod/lti/view.php',
    signedIn(platform, (exchange, _, session) => {
      const activity = platform.activities.find(({ cmid }) => cmid === exchange.query.get('id'));
      if (!activity) return refuse('Activité introuvable');
      if (isMobile(exchange)) return redirect(`/mod/lti/launch.php?id=${activity.cmid}&triggerview=0`);
      return page(activity.title, header(session) + frame(platform, activity));
    }),
  ],
  [
    'GET',
    '/mod/lti/return.php',
    signedIn(platform, ({ query }) => {
      const course = `${platform.origin}/course/view.php?id=${query.get('course')}`;
      return page(
        'Retour',
        `<a target="_top" href="${course}">Continuer</a><script>top.location = ${JSON.stringify(course)}</script>`,
      );
    }),
  ],
  // Not Moodle's: any page of anybody that frames an address (docs/API.md, the signed iframe token).
  [
    'GET',
    '/framing.html',
    ({ query }) => page('Une page', `<iframe width="100%" height="600" src="${escape(query.get('of'))}"></iframe>`),
  ],
];
