// The platform itself: it must be as strict as a Moodle, or what passes here proves nothing.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ask, serve, stopServing } from './https.js';
import { MINI_SITE } from './names.js';
import { ELODIE, HELENE, startPlatform } from './platform.js';
import { makeKey } from './platform/tokens.js';
import { frameTest } from './run.js';
import { tls } from './stage.js';

const SCOPE = 'https://purl.imsglobal.org/spec/lti-ags/scope';
const ROSTER = 'https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly';
const SCORE = 'application/vnd.ims.lis.v1.score+json';
const now = () => Math.floor(Date.now() / 1000);

// A platform that knows a tool with one graded activity, and what that tool can do.
const withTool = async (body) => {
  let key = makeKey();
  const certificate = await tls();
  const server = await serve(certificate, (_, response) => response.end(JSON.stringify(key.jwks())));
  const platform = await startPlatform(certificate);
  const tool = `https://${MINI_SITE}:${server.address().port}`;
  platform.install({
    clientId: 'client',
    deploymentId: '4',
    loginUri: `${tool}/login`,
    redirectUris: [`${tool}/launch`],
    targetLinkUri: `${tool}/launch`,
    jwksUri: `${tool}/jwks`,
  });
  const activity = platform.addActivity({ title: 'Activité', grade: { maximum: 20 } });
  const assertion = (claims) =>
    key.sign({
      iss: 'client',
      sub: 'client',
      aud: `${platform.origin}/mod/lti/token.php`,
      jti: randomUUID(),
      iat: now() - 5,
      exp: now() + 60,
      ...claims,
    });
  const askToken = async (scope, claims, type = 'application/x-www-form-urlencoded') => {
    const fields = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      scope,
      client_assertion: assertion(claims),
    };
    return ask(certificate.ca, `${platform.origin}/mod/lti/token.php`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: String(new URLSearchParams(fields)),
    });
  };
  const call = async (scope, url, { headers, ...options } = {}) => {
    const { access_token: token } = JSON.parse((await askToken(scope)).text);
    return ask(certificate.ca, url, { ...options, headers: { authorization: `Bearer ${token}`, ...headers } });
  };
  try {
    await body({ platform, activity, certificate, askToken, call, changeKey: () => (key = makeKey()) });
  } finally {
    await platform.close();
    await stopServing(server);
  }
};

frameTest('token.php answers JSON that it calls HTML, and has no patience with clocks', () =>
  withTool(async ({ askToken, changeKey }) => {
    const good = await askToken(`${SCOPE}/score ${ROSTER} unknown`);
    assert.equal(good.status, 200);
    assert.match(good.headers['content-type'], /^text\/html/);
    assert.equal(JSON.parse(good.text).scope, `${SCOPE}/score ${ROSTER}`);
    const early = await askToken(`${SCOPE}/score`, { iat: now() + 5 });
    assert.equal(early.status, 400);
    assert.match(early.text, /Cannot handle token with iat prior to/);
    assert.match((await askToken(`${SCOPE}/score`, { exp: now() - 1 })).text, /Expired token/);
    assert.match((await askToken(`${SCOPE}/score`, { iss: 'another', sub: 'another' })).text, /invalid_client/);
    assert.match((await askToken('unknown')).text, /invalid_scope/);
    assert.match((await askToken(`${SCOPE}/score`, {}, 'application/json')).text, /invalid_request/);
    changeKey();
    assert.equal((await askToken(`${SCOPE}/score`)).status, 200);
  }),
);

frameTest('the gradebook refuses and erases as Moodle does', () =>
  withTool(async ({ platform, activity, certificate, call }) => {
    const url = `${platform.origin}/mod/lti/services.php/2/lineitems/${activity.id}/lineitem`;
    let time = Date.parse('2026-11-22T10:00:00Z');
    const send = async (change, type = SCORE, to = `${url}/scores?type_id=4`) => {
      time += 1000;
      const score = {
        userId: ELODIE.id,
        scoreGiven: 3,
        scoreMaximum: 6,
        activityProgress: 'InProgress',
        gradingProgress: 'FullyGraded',
        timestamp: new Date(time).toISOString(),
        ...change,
      };
      return (
        await call(`${SCOPE}/score`, to, { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(score) })
      ).status;
    };
    const grade = () => platform.gradeOf(activity, ELODIE);
    assert.equal(await send({}, `${SCORE}; charset=utf-8`), 200);
    assert.equal(grade(), 10);
    assert.equal(await send({ timestamp: '2026-11-22T10:00:01.999Z' }), 409);
    assert.equal(await send({ scoreGiven: 25, scoreMaximum: 20 }), 200);
    assert.equal(grade(), 20);
    assert.equal(await send({}, 'application/json'), 400);
    assert.equal(await send({ scoreMaximum: undefined }), 400);
    assert.equal(await send({ userId: HELENE.id }), 400);
    assert.equal(await send({}, SCORE, `${url}?type_id=4/scores`), 400);
    assert.equal(grade(), 20);
    assert.equal(await send({ gradingProgress: 'PendingManual' }), 200);
    assert.equal(grade(), undefined);
    await send({ comment: '<b>Très bien</b> & merci' });
    const { text } = await call(`${SCOPE}/result.readonly`, `${url}/results?type_id=4`, {
      headers: { accept: 'application/vnd.ims.lis.v2.resultcontainer+json' },
    });
    const [{ timestamp, ...result }] = JSON.parse(text);
    assert.deepEqual(result, {
      id: `${url}/results?type_id=4&user_id=4`,
      userId: '4',
      resultScore: 10,
      resultMaximum: 20,
      comment: 'Très bien & merci',
      scoreOf: `${url}?type_id=4`,
    });
    assert.equal(Date.parse(timestamp), time);
    assert.match(timestamp, /\+01:00$/);
    const wrong = await ask(certificate.ca, `${url}?type_id=4`, { headers: { authorization: 'Bearer no', accept: '*/*' } });
    assert.equal(wrong.status, 401);
  }),
);

frameTest('the roster escapes names and comes in parts', () =>
  withTool(async ({ platform, call }) => {
    const url = `${platform.origin}/mod/lti/services.php/CourseSection/2/bindings/4/memberships`;
    const headers = { accept: 'application/vnd.ims.lti-nrps.v2.membershipcontainer+json' };
    const first = await call(ROSTER, `${url}?limit=2`, { headers });
    assert.equal(first.headers.link, `<${url}?limit=2&from=2>; rel="next"`);
    const second = await call(ROSTER, `${url}?limit=2&from=2`, { headers });
    assert.equal(second.headers.link, undefined);
    const { members } = JSON.parse(second.text);
    assert.deepEqual(
      members.map(({ name, roles }) => [name, ...roles]),
      [
        ['Hélène Marchand', 'Instructor'],
        ['Zoé Çelik &amp; ', 'Learner'],
      ],
    );
    assert.equal((await call(`${SCOPE}/score`, url, { headers })).status, 401);
  }),
);
