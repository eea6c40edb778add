// Answers: pages as plain as can be, JSON under Moodle's content types, and Moodle's way to post on.
export const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt()};`);

const document = (title, body) => `<!DOCTYPE html><html lang="fr"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title><body>${body}</body></html>`;

export const page = (title, body, status = 200) => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: document(title, `<h1>${escape(title)}</h1>${body}`),
});

export const redirect = (location) => ({ status: 302, headers: { location } });

export const json = (value, { type = 'application/json', status = 200, reason, headers } = {}) => ({
  status,
  reason,
  headers: { 'content-type': `${type}; charset=utf-8`, ...headers },
  body: typeof value === 'string' ? value : JSON.stringify(value),
});

/** What Moodle shows when it cannot go on. */
export const refuse = (text, status = 404) => page('Erreur', `<p>${escape(text)}</p>`, status);

/**
 * A page that posts `fields` on by itself. Moodle's has no button; this one has, for browsers
 * without JavaScript.
 */
export const postOn = (action, fields) => {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`);
  return page(
    'Ouverture',
    `<form id="on" method="post" action="${escape(action)}">${inputs.join('')}<button>Continuer</button></form>
<script>document.getElementById('on').submit()</script>`,
  );
};
