// https for both sites: a server, the front of mini-site as a host would put it, and a client that
// trusts the authority of this run.
import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { createServer, request as requestHttps } from 'node:https';

/** Listens on a free port; answers with the server. */
export const serve = async ({ key, cert }, handler) => {
  const server = createServer({ key, cert }, handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

export const stopServing = async (server) => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
};

/** The text of a stream, be it a request or an answer. */
export const textOf = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
};

/** Passes all on to the http server at `port`, and keeps in `seen` what browsers sent. */
export const serveInFront = async (tls, name, port) => {
  const seen = [];
  const server = await serve(tls, (request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers });
    const forwarded = { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-host': headers.host };
    const inner = requestHttp({ port, host: '127.0.0.1', method, path: url, headers: forwarded }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    inner.on('error', (error) => (response.headersSent ? response.destroy() : response.writeHead(502).end(error.message)));
    request.pipe(inner);
  });
  return { server, seen, origin: `https://${name}:${server.address().port}` };
};

/** Asks like `fetch`, of a server whose certificate comes from `ca`: `{ status, reason, headers, text }`. */
export const ask = async (ca, url, { method = 'GET', headers = {}, body } = {}) => {
  const request = requestHttps(url, { method, headers, ca, agent: false, timeout: 10_000 });
  request.on('timeout', () => request.destroy(new Error(`${url} does not answer`)));
  request.end(body);
  const [answer] = await once(request, 'response');
  return { status: answer.statusCode, reason: answer.statusMessage, headers: answer.headers, text: await textOf(answer) };
};
