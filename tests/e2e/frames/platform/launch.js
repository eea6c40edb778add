// The launch: launch.php begins the login, auth.php ends it with a token, certs.php has the key.
import { randomInt } from 'node:crypto';
import { deepLinkingClaims, launchClaims } from './claims.js';
import { isMobile } from './course.js';
import { json, postOn, refuse } from './pages.js';
import { sessionOf, signedIn } from './sessions.js';

/** The page that posts the login initiation; `claims(nonce)` are those of the token to come. */
export const beginLogin = ({ origin, tool }, session, target, hint, claims) => {
  const launchid = `ltilaunch${hint.cmid ?? ''}_${randomInt(2 ** 31)}`;
  session.launches.set(launchid, claims);
  return postOn(tool.loginUri, {
    iss: origin,
    target_link_uri: target,
    login_hint: session.user.id,
    lti_message_hint: JSON.stringify({ ...hint, launchid }),
    client_id: tool.clientId,
    lti_deployment_id: tool.deploymentId,
  });
};

// The first thing wrong with what the tool asks, in Moodle's order; all is well when there is none.
const errorOf = (platform, session, asked, claims) => {
  const { clientId } = platform.tool;
  const needed = ['scope', 'response_type', 'client_id', 'redirect_uri', 'login_hint', 'nonce'];
  if (!needed.every((name) => asked.get(name))) return ['invalid_request'];
  if (asked.get('scope') !== 'openid') return ['invalid_scope'];
  if (asked.get('response_type') !== 'id_token') return ['unsupported_response_type'];
  if (asked.get('client_id') !== clientId) return ['unauthorized_client'];
  if (asked.get('login_hint') !== session.user.id) return ['access_denied'];
  if (!claims) return ['invalid_request', 'No launch id in LTI hint'];
  if (asked.get('response_mode') !== 'form_post') return ['invalid_request', 'Invalid response_mode'];
  if (![null, 'none'].includes(asked.get('prompt'))) return ['invalid_request', 'Invalid prompt'];
  return undefined;
};

// A hint is good once.
const takeLaunch = ({ launches }, hint) => {
  const { launchid } = JSON.parse(hint ?? '{}');
  const claims = launches.get(launchid);
  launches.delete(launchid);
  return claims;
};

const authenticate = (platform) => (exchange) => {
  const asked = new URLSearchParams([...exchange.query, ...exchange.form]);
  const session = sessionOf(platform, exchange);
  if (!session) {
    if (asked.has('repost')) return refuse('Requête non valide');
    return postOn(exchange.path, { ...Object.fromEntries(asked), repost: 'true' });
  }
  const target = asked.get('redirect_uri');
  // Nothing is ever posted to an address that is not registered.
  if (!platform.tool.redirectUris.includes(target)) return refuse('Requête non valide');
  const claims = takeLaunch(session, asked.get('lti_message_hint'));
  const state = asked.has('state') ? { state: asked.get('state') } : {};
  const [error, description] = errorOf(platform, session, asked, claims) ?? [];
  if (error) return postOn(target, { error, ...(description && { error_description: description }), ...state });
  return postOn(target, { id_token: platform.key.sign(claims(asked.get('nonce'))), ...state });
};

export const launchRoutes = (platform) => [
  [
    'GET',
    '/mod/lti/launch.php',
    signedIn(platform, (exchange, _, session) => {
      const activity = platform.activities.find(({ cmid }) => cmid === exchange.query.get('id'));
      if (!activity || !platform.tool.isActive) return refuse('Cet outil n’est pas disponible.');
      const claims = (nonce) => launchClaims(platform, session, nonce, { activity, isMobile: isMobile(exchange) });
      const hint = { cmid: Number(activity.cmid) };
      return beginLogin(platform, session, activity.url ?? platform.tool.targetLinkUri, hint, claims);
    }),
  ],
  [
    'GET',
    '/mod/lti/contentitem.php',
    signedIn(platform, (_, __, session) =>
      beginLogin(platform, session, platform.tool.deepLinkingUri, {}, (nonce) => deepLinkingClaims(platform, session, nonce)),
    ),
  ],
  ['GET', '/mod/lti/auth.php', authenticate(platform)],
  ['POST', '/mod/lti/auth.php', authenticate(platform)],
  ['GET', '/mod/lti/certs.php', () => json(platform.key.jwks())],
];
