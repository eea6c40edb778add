// Progress, without leaving the page. On the site it takes over the form « Terminer ce grain »;
// on a page elsewhere, given data-site, it fills data-progress and data-grain (docs/API.md).
(() => {
  'use strict';

  const { site, token } = document.currentScript?.dataset ?? {};

  // Sends `body`, or reads when there is none; throws unless good JSON comes within 4 seconds.
  const call = async (address, body, headers, signal = AbortSignal.timeout(4000)) => {
    const response = await fetch(address, {
      method: body ? 'POST' : 'GET',
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal,
    });
    const answer = await response.json();
    if (!response.ok) throw answer.error;
    return answer;
  };

  // « 3 grains sur 8 », as the server words it.
  const words = ({ done, total }) => `${done}\u00a0grain${done > 1 ? 's' : ''} sur ${total}`;

  // Moves the bars of these scopes and rewrites the words beside them.
  const show = (...scopes) => {
    for (const scope of scopes) {
      const found = `[data-progress="${scope.id}"],[data-scope="${scope.id}"] [data-progress-text]`;
      for (const element of document.querySelectorAll(found)) {
        if (element.localName === 'progress') {
          element.max = scope.total;
          element.value = scope.done;
        } else if (!element.firstElementChild) {
          element.textContent = words(scope);
        }
        element.dataset.percent = scope.percent;
        element.style.setProperty('--percent', `${scope.percent}%`);
      }
    }
  };

  const said = (tag) => {
    const status = document.createElement(tag);
    status.setAttribute('role', 'status');
    return status;
  };

  // ---- On the site

  // Finishes the grain of a form and reads the page again, as the server writes it now.
  // Nothing comes back when the form has to do it, or leads to the page of a finished module.
  const finish = async ({ dataset: { api, finish: grain } }) => {
    const signal = AbortSignal.timeout(4000);
    const { grain_id, course, module, sequence } = await call(api, { grain_id: grain }, {}, signal);
    if (grain_id !== grain || !(course.done && sequence.done && module.done < module.total)) return;
    const response = await fetch(location.href, { signal });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const [end, outline] = ['.finish', '.outline nav'].map((part) => page.querySelector(part).childNodes);
    if (response.ok && page.querySelector('.finish > a')) return { course, module, sequence, end, outline };
  };

  const upgrade = (form) => {
    const section = form.parentElement;
    const button = form.querySelector('button');
    // There before it speaks, or it would not be heard.
    const status = said('p');
    section.prepend(status);

    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (button.ariaBusy) return;
      button.ariaBusy = true;
      const answer = await finish(form).catch(() => {});
      button.ariaBusy = null;
      // Posting twice is harmless.
      if (!answer) return form.submit();
      const { course, module, sequence, end, outline } = answer;
      const word = sequence.done < sequence.total ? 'Grain terminé.' : 'Belle étape\u00a0: la séquence est terminée.';
      status.textContent = `${word} ${words(module)} dans ce module.`;
      while (status.nextSibling) status.nextSibling.remove();
      section.append(...end);
      // The status says so; the way to take it back comes after the way on.
      const undo = section.querySelector('.done-on');
      undo.querySelector('p').remove();
      section.append(undo);
      document.querySelector('.outline nav').replaceChildren(...outline);
      show(course, module, sequence);
      section.querySelector(':scope > a').focus();
      // The second half of a double click must not press what has just appeared.
      const calm = performance.now() + 500;
      section.addEventListener('click', (click) => click.detail && click.timeStamp < calm && click.preventDefault());
    });
  };

  // ---- On a page elsewhere

  let key = token || new URLSearchParams(location.search).get('token');
  const buttons = new Map(); // of each button, where it says what happened

  // Whose token it is.
  const subject = () => {
    const bytes = atob(key.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt()))).sub;
  };

  const ask = (path, body) => call(`${site}/api/${path}`, body, { Authorization: `Bearer ${key}` });

  // Reads or records; makes the profile first when there is none.
  const progress = async (body) => {
    if (!key) throw { code: 'no_token', message: 'Ouvrez cette page depuis votre cours.' };
    try {
      return await ask('progress', body);
    } catch (error) {
      if (error.code !== 'no_profile') throw error;
      await ask('auth/profile', { moodle_user_id: subject() });
      return ask('progress', body);
    }
  };

  const mark = (button, state, text, message) => {
    button.dataset.state = state;
    button.textContent = text;
    buttons.get(button).textContent = message;
  };

  // What the site says helps; what a browser says of the network does not.
  const why = (error) => (error instanceof Error ? 'Le site du cours ne répond pas.' : error.message);

  const click = async (button) => {
    const { grain, state } = button.dataset;
    if (state === 'done' || state === 'busy') return;
    button.dataset.state = 'busy';
    try {
      const { course, module, sequence } = await progress({ grain_id: grain });
      show(course, module, sequence);
      mark(button, 'done', 'Grain terminé', `${words(module)} dans ce module.`);
    } catch (error) {
      mark(button, 'failed', 'Réessayer', `Ce grain n’a pas été enregistré. ${why(error)}`);
    }
  };

  const fill = async () => {
    try {
      const { course, modules, sequences, completed } = await progress();
      show(course, ...modules, ...sequences);
      const isDone = ({ dataset }) => completed.some(({ grain_id }) => grain_id === dataset.grain);
      [...buttons.keys()].filter(isDone).forEach((button) => mark(button, 'done', 'Grain terminé', ''));
    } catch (error) {
      console.warn(error);
      buttons.forEach((status) => (status.textContent = `Votre progression n’a pas pu être lue. ${why(error)}`));
    }
  };

  if (!site) return document.querySelectorAll('[data-finish]').forEach(upgrade);
  for (const button of document.querySelectorAll('[data-grain]')) {
    const status = said('span');
    button.after(' ', status);
    buttons.set(button, status);
    button.addEventListener('click', () => click(button));
  }
  window.miniSite = { token: (given) => ((key = given), fill()) };
  if (key) fill();
})();
