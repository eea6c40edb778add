// AGS: the columns of the gradebook, the scores that come in, the results that can be read.
import { json } from './pages.js';
import { services } from './claims.js';
import { service } from './token.js';

const ITEM = 'application/vnd.ims.lis.v2.lineitem+json';
const ITEMS = 'application/vnd.ims.lis.v2.lineitemcontainer+json';
const SCORE = 'application/vnd.ims.lis.v1.score+json';
const RESULTS = 'application/vnd.ims.lis.v2.resultcontainer+json';

const PATH = '/mod/lti/services\\.php/2/lineitems';
const ONE = new RegExp(`^${PATH}/(?<id>\\d+)/lineitem$`);
const SCORES = new RegExp(`^${PATH}/(?<id>\\d+)/lineitem/scores$`);
const ALL_RESULTS = new RegExp(`^${PATH}/(?<id>\\d+)/lineitem/results$`);

const refuse = (status, reason, type) => json('[]', { status, reason, type });

// ---- Columns

const described = (platform, { id, label, scoreMaximum, resourceId = '', tag = '', link }) => ({
  id: services(platform).lineItem(id),
  label,
  scoreMaximum,
  resourceId,
  tag,
  ...(link && { resourceLinkId: link, ltiLinkId: link }),
});

const list =
  (platform) =>
  ({ query }) => {
    const wanted = { resource_link_id: 'link', resource_id: 'resourceId', tag: 'tag' };
    const isWanted = (item) =>
      Object.entries(wanted).every(([name, field]) => !query.has(name) || item[field] === query.get(name));
    return json(
      [...platform.lineItems.values()].filter(isWanted).map((item) => described(platform, item)),
      { type: ITEMS },
    );
  };

const create =
  (platform) =>
  ({ text }) => {
    const { label, scoreMaximum, resourceId, tag, resourceLinkId } = JSON.parse(text);
    if (!label || !(scoreMaximum > 0)) return refuse(400, 'Incorrect line item', ITEM);
    const item = platform.addLineItem({ label, scoreMaximum, resourceId, tag, link: resourceLinkId });
    return json(described(platform, item), { type: ITEM, status: 201 });
  };

const ofItem =
  (platform, type, act) =>
  (exchange, { id }) => {
    const item = platform.lineItems.get(id);
    return item ? act(exchange, item) : refuse(404, 'Not Found', type);
  };

const change =
  (platform) =>
  ({ text }, item) => {
    const { label, scoreMaximum, resourceId, tag } = JSON.parse(text);
    Object.assign(item, { label, scoreMaximum, resourceId, tag });
    return json(described(platform, item), { type: ITEM });
  };

const remove =
  (platform) =>
  (_, { id }) => {
    platform.lineItems.delete(id);
    return { status: 204 };
  };

// ---- Scores

const isNumber = (value) => value !== '' && Number.isFinite(Number(value));
const isLearner = (platform, id) =>
  !platform.refuses.has(id) && platform.people.some((each) => each.id === id && !each.isTeacher);

// One answer for ten faults, as Moodle has it.
const isWrong = (platform, { userId, timestamp, gradingProgress, activityProgress, scoreGiven, scoreMaximum }) =>
  !userId ||
  !timestamp ||
  !gradingProgress ||
  !activityProgress ||
  Number.isNaN(Date.parse(timestamp)) ||
  !isLearner(platform, userId) ||
  (scoreGiven !== undefined && (!isNumber(scoreGiven) || scoreMaximum === undefined)) ||
  (scoreMaximum !== undefined && !isNumber(scoreMaximum));

const receive =
  (platform) =>
  ({ text }, item) => {
    const score = JSON.parse(text);
    if (isWrong(platform, score)) return refuse(400, `Incorrect score received${text.replace(/[^ -~]/g, '?')}`, SCORE);
    const { userId, scoreGiven, scoreMaximum, gradingProgress, comment = '' } = score;
    const seconds = Math.floor(Date.parse(score.timestamp) / 1000);
    if (item.grades.get(userId)?.seconds >= seconds) {
      return refuse(409, `Refusing score with an earlier timestamp for item ${item.id} and user ${userId}`, SCORE);
    }
    const isGrade = scoreGiven !== undefined && gradingProgress === 'FullyGraded';
    const rescaled = Math.min((Number(scoreGiven) * item.scoreMaximum) / Number(scoreMaximum), item.scoreMaximum);
    // Anything but a final score erases the grade that is there.
    item.grades.set(userId, { score: isGrade ? rescaled : null, comment: comment.replace(/<[^>]*>/g, ''), seconds });
    return json('', { type: SCORE });
  };

const results =
  (platform) =>
  ({ query }, item) => {
    const { lineItem, results: address } = services(platform);
    const given = [...item.grades].filter(
      ([user, { score }]) => score !== null && (!query.has('user_id') || query.get('user_id') === user),
    );
    return json(
      given.map(([user, { score, comment, seconds }]) => ({
        id: `${address(item.id)}&user_id=${user}`,
        userId: user,
        resultScore: score,
        resultMaximum: item.scoreMaximum,
        comment,
        scoreOf: lineItem(item.id),
        // The time of the server's zone.
        timestamp: new Date((seconds + 3600) * 1000).toISOString().replace(/\.\d+Z$/, '+01:00'),
      })),
      { type: RESULTS },
    );
  };

export const gradeRoutes = (platform) => [
  ['GET', new RegExp(`^${PATH}$`), service(platform, 'lineItems', ITEMS, list(platform))],
  ['POST', new RegExp(`^${PATH}$`), service(platform, 'lineItemsChange', ITEM, create(platform))],
  [
    'GET',
    ONE,
    service(
      platform,
      'lineItems',
      ITEM,
      ofItem(platform, ITEM, (_, item) => json(described(platform, item), { type: ITEM })),
    ),
  ],
  ['PUT', ONE, service(platform, 'lineItemsChange', ITEM, ofItem(platform, ITEM, change(platform)))],
  ['DELETE', ONE, service(platform, 'lineItemsChange', ITEM, ofItem(platform, ITEM, remove(platform)))],
  ['POST', SCORES, service(platform, 'scores', SCORE, ofItem(platform, SCORE, receive(platform)))],
  ['GET', ALL_RESULTS, service(platform, 'results', RESULTS, ofItem(platform, RESULTS, results(platform)))],
];
