// token.php: an access token for who can sign as the tool; and the tool's keys, fetched from it.
import { randomBytes } from 'node:crypto';
import { ask } from '../https.js';
import { AGS, NRPS } from './claims.js';
import { json } from './pages.js';
import { claimsOf, verified } from './tokens.js';

const LIFETIME = 3600; // seconds
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const fetchKeys = async ({ ca, origin, tool }) => {
  const headers = { 'user-agent': `MoodleBot/4.5 (+${origin})`, accept: '*/*' };
  const { status, text } = await ask(ca, tool.jwksUri, { headers });
  if (status !== 200) throw new Error(`${tool.jwksUri} answers ${status}`);
  return JSON.parse(text);
};

/** The claims of a token that the tool signed; its keys are fetched again only when those kept do not do. */
export const verifiedByTool = async (platform, token) => {
  if (platform.toolKeys) {
    try {
      return verified(token, platform.toolKeys);
    } catch {
      // Perhaps the tool has a new key.
    }
  }
  platform.toolKeys = await fetchKeys(platform);
  return verified(token, platform.toolKeys);
};

// Moodle writes JSON, and says that it is HTML.
const answer = (value, status = 200) => json(value, { type: 'text/html', status });

const granted = ({ tool }, scope) => scope.split(' ').filter((each) => tool.scopes.includes(each));

const giveToken =
  (platform) =>
  async ({ headers, form }) => {
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    const isAsked = form.get('grant_type') === 'client_credentials' && form.get('client_assertion_type') === ASSERTION;
    const assertion = form.get('client_assertion');
    if (!isForm || !isAsked || !assertion || !form.get('scope')) return answer({ error: 'invalid_request' }, 400);
    try {
      const { iss, sub } = claimsOf(assertion);
      if (sub !== platform.tool?.clientId || iss !== sub) return answer({ error: 'invalid_client' }, 400);
      await verifiedByTool(platform, assertion);
    } catch (error) {
      // Written as Moodle writes it: with a quote inside, this is not JSON.
      return answer(`{"error" : "${error.message}"}`, 400);
    }
    const scopes = granted(platform, form.get('scope'));
    if (!scopes.length) return answer({ error: 'invalid_scope' }, 400);
    const token = randomBytes(16).toString('hex');
    platform.accessTokens.set(token, { scopes, end: Date.now() + LIFETIME * 1000 });
    return answer({ access_token: token, token_type: 'Bearer', expires_in: LIFETIME, scope: scopes.join(' ') });
  };

export const tokenRoutes = (platform) => [['POST', '/mod/lti/token.php', giveToken(platform)]];

const ACCESS = {
  lineItems: [`${AGS}/lineitem`, `${AGS}/lineitem.readonly`],
  lineItemsChange: [`${AGS}/lineitem`],
  results: [`${AGS}/result.readonly`],
  scores: [`${AGS}/score`],
  memberships: [NRPS],
};

const refuse = (status, reason, type) => json('[]', { status, reason, type });

/**
 * An act of a service: for who holds a token with the right `access` and speaks of `type`, in the
 * header that says so (Accept of a GET, Content-Type of the others).
 */
export const service = (platform, access, type, act) => (exchange, groups) => {
  const { method, headers } = exchange;
  const said = method === 'GET' ? (headers.accept ?? '*/*') : (headers['content-type'] ?? '').split(';')[0];
  const isSpoken = said === type || method === 'DELETE' || (method === 'GET' && said.includes('*/*'));
  if (!isSpoken) return refuse(400, `No handler found for ${exchange.path} ${said}`);
  const held = platform.accessTokens.get(headers.authorization?.replace(/^Bearer /, ''));
  const isHeld = held && held.end > Date.now() && ACCESS[access].some((scope) => held.scopes.includes(scope));
  if (!isHeld) return refuse(401, 'Unauthorized', type);
  return act(exchange, groups);
};
