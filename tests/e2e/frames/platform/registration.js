// Dynamic registration: the page that frames the tool, what the tool reads, and what it asks for.
import { randomBytes } from 'node:crypto';
import { AGS, NRPS } from './claims.js';
import { escape, json, page, redirect } from './pages.js';

const TOOL = 'https://purl.imsglobal.org/spec/lti-tool-configuration';
/** What Moodle gives to tools that ask. */
export const SCOPES = [...['lineitem.readonly', 'result.readonly', 'score', 'lineitem'].map((name) => `${AGS}/${name}`), NRPS];

const configuration = ({ origin }) => ({
  issuer: origin,
  token_endpoint: `${origin}/mod/lti/token.php`,
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['RS256'],
  jwks_uri: `${origin}/mod/lti/certs.php`,
  authorization_endpoint: `${origin}/mod/lti/auth.php`,
  registration_endpoint: `${origin}/mod/lti/openid-registration.php`,
  scopes_supported: [...SCOPES, 'https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting', 'openid'],
  response_types_supported: ['id_token'],
  subject_types_supported: ['public', 'pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  claims_supported: ['sub', 'iss', 'name', 'given_name', 'family_name', 'email'],
  'https://purl.imsglobal.org/spec/lti-platform-configuration': {
    product_family_code: 'moodle',
    version: '4.5.6 (Build: 20250811)',
    messages_supported: [{ type: 'LtiResourceLinkRequest' }, { type: 'LtiDeepLinkingRequest', placements: ['ContentArea'] }],
    variables: ['Context.id', 'Context.title', 'CourseSection.title', 'ResourceLink.id', 'User.id', 'Person.name.full'],
  },
});

// The tool asks its frame to be closed when it is done; the list of tools is then read again.
const CLOSE = `<script>addEventListener('message', ({ data }) => { if (data.subject === 'org.imsglobal.lti.close') location = '/mod/lti/toolconfigure.php' })</script>`;

const tools = ({ tool }) =>
  tool ? `<p>${escape(tool.title)} : ${tool.isActive ? 'actif' : 'en attente'}</p>` : '<p>Aucun outil</p>';

const isAcceptable = (asked, tool) =>
  asked.response_types?.includes('id_token') &&
  asked.initiate_login_uri &&
  asked.redirect_uris?.length &&
  asked.client_name &&
  asked.jwks_uri &&
  asked.token_endpoint_auth_method === 'private_key_jwt' &&
  tool?.domain &&
  new URL(tool.target_link_uri).host === tool.domain;

const register =
  (platform) =>
  ({ headers, text }) => {
    const token = headers.authorization?.replace(/^Bearer /, '');
    if (!platform.registrationTokens.delete(token)) return json({ error: 'invalid_token' }, { status: 401 });
    const asked = JSON.parse(text);
    const configured = asked[TOOL];
    if (!isAcceptable(asked, configured)) return json({ error: 'invalid_request' }, { status: 400 });
    const wanted = (asked.scope ?? '').split(' ');
    const hasAgs = wanted.some((scope) => scope.startsWith(AGS));
    const scopes = SCOPES.filter((scope) => (scope.startsWith(AGS) ? hasAgs : wanted.includes(scope)));
    const deepLinking = configured.messages?.find(({ type }) => type === 'LtiDeepLinkingRequest');
    const deploymentId = '4';
    const clientId = randomBytes(11).toString('base64url');
    platform.tool = {
      clientId,
      deploymentId,
      scopes,
      isActive: false,
      title: asked.client_name,
      loginUri: asked.initiate_login_uri,
      redirectUris: asked.redirect_uris,
      jwksUri: asked.jwks_uri,
      targetLinkUri: configured.target_link_uri,
      deepLinkingUri: deepLinking?.target_link_uri ?? configured.target_link_uri,
      custom: configured.custom_parameters ?? {},
    };
    const messages = deepLinking ? [{ type: deepLinking.type, target_link_uri: platform.tool.deepLinkingUri }] : [];
    return json({
      ...asked,
      client_id: clientId,
      scope: scopes.join(' '),
      [TOOL]: { ...configured, version: '1.3.0', deployment_id: deploymentId, messages },
    });
  };

export const registrationRoutes = (platform) => [
  [
    'GET',
    '/mod/lti/toolconfigure.php',
    ({ query }) => {
      const start = `startltiadvregistration.php?url=${encodeURIComponent(query.get('url'))}`;
      return page(
        'Gestion des outils',
        tools(platform) + (query.has('url') ? `<iframe src="${escape(start)}"></iframe>${CLOSE}` : ''),
      );
    },
  ],
  [
    'GET',
    '/mod/lti/startltiadvregistration.php',
    ({ query }) => {
      const token = randomBytes(24).toString('base64url');
      platform.registrationTokens.add(token);
      const url = new URL(query.get('url'));
      url.searchParams.set('openid_configuration', `${platform.origin}/mod/lti/openid-configuration.php`);
      url.searchParams.set('registration_token', token);
      return redirect(url.href);
    },
  ],
  ['GET', '/mod/lti/openid-configuration.php', () => json(configuration(platform))],
  ['POST', '/mod/lti/openid-registration.php', register(platform)],
];
