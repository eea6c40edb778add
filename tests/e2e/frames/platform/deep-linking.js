// « Select content »: the dialog that frames the tool, and what the tool gives back.
import { COURSE } from './people.js';
import { escape, page, redirect, refuse } from './pages.js';
import { signedIn } from './sessions.js';
import { verifiedByTool } from './token.js';

const ITEMS = 'https://purl.imsglobal.org/spec/lti-dl/claim/content_items';

const DIALOG = `<iframe id="contentitem-page-iframe" name="contentitem-page-iframe" class="" tabindex="0"
 style="width: 770px; height: 578.5px;" src="/mod/lti/contentitem.php?course=${COURSE.id}"></iframe>`;

// Moodle's form, filled from the items; the teacher would save it in the page around.
const form = (items) => {
  const listed = items.map(({ title, lineItem }) => {
    const grade = lineItem ? ` (note maximale : ${lineItem.scoreMaximum})` : '';
    return `<li>${escape(title)}${grade}</li>`;
  });
  return `<ul>${listed.join('')}</ul><form method="post" action="/course/modedit.php" target="_top"><button>Enregistrer et revenir au cours</button></form>`;
};

const addActivities = (platform, items) => {
  for (const { title, text, url, custom, lineItem } of items) {
    const grade = lineItem && {
      maximum: lineItem.scoreMaximum,
      label: lineItem.label,
      resourceId: lineItem.resourceId,
      tag: lineItem.tag,
    };
    platform.addActivity({ title, text, url, custom, grade });
  }
};

export const deepLinkingRoutes = (platform) => [
  [
    'GET',
    '/course/modedit.php',
    signedIn(platform, ({ query }) => (query.get('add') === 'lti' ? page('Choisir un contenu', DIALOG) : refuse('?'))),
  ],
  [
    'POST',
    '/mod/lti/contentitem_return.php',
    signedIn(platform, async ({ form: sent, query }, _, session) => {
      if (query.get('sesskey') !== session.sesskey) return refuse('Clé de session incorrecte', 403);
      const claims = await verifiedByTool(platform, sent.get('JWT'));
      if (claims.iss !== platform.tool.clientId) return refuse('Consommateur inconnu', 403);
      session.picked = claims[ITEMS] ?? [];
      platform.picked.push(claims);
      return page(session.picked.length ? 'Contenu choisi' : 'Dialogue fermé', session.picked.length ? form(session.picked) : '');
    }),
  ],
  [
    'POST',
    '/course/modedit.php',
    signedIn(platform, (_, __, session) => {
      addActivities(platform, session.picked);
      return redirect(`/course/view.php?id=${COURSE.id}`);
    }),
  ],
];
