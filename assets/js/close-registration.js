// The end of a dynamic registration: tells the platform, which holds the page in a frame or
// opened it in a window, to close it (LTI dynamic registration 1.0, section 3.7).
(() => {
  'use strict';

  const platform = window.opener || window.parent;
  if (platform !== window) platform.postMessage({ subject: 'org.imsglobal.lti.close' }, '*');
})();
