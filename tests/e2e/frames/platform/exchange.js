// One request and its answer: what the parts of the platform see of http.
import { textOf } from '../https.js';
import { refuse } from './pages.js';

const cookiesOf = (headers) =>
  Object.fromEntries(
    (headers.cookie ?? '').split('; ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

const read = async (request, origin) => {
  const { method, headers } = request;
  const url = new URL(request.url, origin);
  const text = await textOf(request);
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return {
    method,
    headers,
    url,
    path: url.pathname,
    query: url.searchParams,
    text,
    form: new URLSearchParams(isForm ? text : ''),
    cookies: cookiesOf(headers),
  };
};

/**
 * Answers requests by `routes`: `[method, path or pattern, act]`, where `act(exchange, groups)` gives
 * `{ status, reason, headers, body }`. Each exchange is kept in `received`, its answer with it.
 */
export const answerBy = (routes, origin, received) => async (request, response) => {
  const exchange = await read(request, origin);
  let answer;
  try {
    answer = await dispatch(routes, exchange);
  } catch (error) {
    // A fault of this platform, not of who asks: tests find it in what was received.
    answer = { status: 500, headers: { 'content-type': 'text/plain' }, body: error.stack };
  }
  received.push({ ...exchange, answer });
  response.writeHead(answer.status, answer.reason, answer.headers);
  response.end(answer.body);
};

const dispatch = async (routes, exchange) => {
  for (const [method, path, act] of routes) {
    if (method !== exchange.method) continue;
    const found = path instanceof RegExp ? path.exec(exchange.path) : path === exchange.path && {};
    if (found) return act(exchange, found.groups);
  }
  if (exchange.path === '/favicon.ico') return { status: 204 };
  // Also for an address of a service that is almost right.
  return refuse('Page introuvable', exchange.path.includes('/services.php/') ? 400 : 404);
};
