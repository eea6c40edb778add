// Development only: reloads the page when another build answers, and shows why one did not.
(() => {
  'use strict';

  const INTERVAL = 400; // milliseconds
  let known;
  let timer;

  const banner = document.createElement('pre');
  banner.setAttribute('role', 'alert');
  Object.assign(banner.style, {
    position: 'fixed', inset: '0 0 auto', zIndex: 1000, margin: 0, padding: '1rem',
    maxBlockSize: '60%', overflow: 'auto', whiteSpace: 'pre-wrap',
    background: '#5c1a0b', color: '#fff', font: '0.875rem/1.5 monospace',
  });

  const tell = (fault) => {
    if (!fault) return banner.remove();
    if (!banner.isConnected) document.body.prepend(banner);
    if (banner.textContent !== fault) banner.textContent = fault;
  };

  const look = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const { id, fault } = await (await fetch('/dev/build', { cache: 'no-store' })).json();
      known ??= id;
      if (id !== known) return location.reload();
      tell(fault);
    } catch {
      // The server is starting again: the next look will tell.
    }
    clearTimeout(timer);
    timer = setTimeout(look, INTERVAL);
  };

  document.addEventListener('visibilitychange', look);
  look();
})();
