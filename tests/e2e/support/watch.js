// An error in the console, a violation of the policy, a request that leaves the sites.

/** What should not happen in `context`, as it happens; `origins` are those it may talk to. */
export const watch = async (context, origins) => {
  const complaints = [];
  // The policy's own event: the console is silent for some directives.
  await context.exposeBinding('reportViolation', (_, text) => complaints.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`policy: ${event.violatedDirective} stopped ${event.blockedURI} at ${document.location}`);
    });
  });
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && !origins.includes(origin)) complaints.push(`request to ${request.url()}`);
  });
  context.on('console', (message) => {
    const { url } = message.location();
    // The browser notes the status of a page that is an error page on purpose.
    const isOwnStatus =
      message.text().includes('the server responded with a status of') &&
      message
        .page()
        ?.frames()
        .some((frame) => frame.url() === url);
    if (message.type() === 'error' && !isOwnStatus) complaints.push(`console: ${message.text()} (${url})`);
  });
  context.on('weberror', (error) => complaints.push(`script: ${error.error().stack}`));
  return complaints;
};
