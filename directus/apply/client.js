// Parle à un Directus par son API, avec le jeton d’un administrateur.

const TIME_LIMIT = 30_000;

const reasons = (body) => body?.errors?.map(({ message, extensions }) => `${extensions?.code ?? '?'} : ${message}`).join(' ; ');

export class Refusal extends Error {
  constructor(method, path, status, body) {
    super(`${method} ${path.split('?')[0]} : ${status} ${reasons(body) ?? ''}`.trim());
    this.status = status;
  }
}

export const client = (address, token) => {
  const base = address.replace(/\/+$/, '');
  return async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
    const text = await response.text();
    let answer = null;
    try {
      answer = text ? JSON.parse(text) : null;
    } catch {
      // Un intermédiaire a répondu, pas Directus.
    }
    if (!response.ok) throw new Refusal(method, path, response.status, answer);
    return answer?.data;
  };
};
