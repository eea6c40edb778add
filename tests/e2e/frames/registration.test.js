// A platform that registers itself: the admin of the site invites it and approves it, the admin of
// the platform opens the address and activates the tool.
import assert from 'node:assert/strict';
import { inChromium } from './run.js';
import { launch } from './steps.js';

const LAUNCH_REFUSED = /status of 4\d\d/;

inChromium(
  'a platform registers itself, and opens the course once both admins agree',
  { expected: LAUNCH_REFUSED },
  async (browser, { site, stranger }) => {
    const registered = async () =>
      JSON.parse(await site.run('lti', 'list', '--json')).find(({ issuer }) => issuer === stranger.origin);
    assert.equal(await registered(), undefined);
    const invitation = await site.run('lti', 'invite');
    await browser.goto(stranger.registrationUrl(invitation));
    await browser.top.says('en attente');
    const { id, status, client_id: clientId, deployment_ids: deployments } = await registered();
    assert.deepEqual([status, clientId, deployments], ['pending', stranger.tool.clientId, [stranger.tool.deploymentId]]);

    stranger.tool.isActive = true;
    const [learner, activity] = [stranger.enrol(), stranger.addActivity({ title: 'Cours' })];
    await browser.goto(stranger.signInUrl(learner, stranger.activityUrl(activity)));
    await browser.frame.says('Ce Moodle n’est pas encore accepté');
    assert.equal(await browser.frame.has('Commencer'), false);

    await site.run('lti', 'approve', id);
    await launch(browser, stranger, learner, activity);
    await browser.frame.says('Commencer');

    // An invitation is good once.
    await browser.goto(stranger.registrationUrl(invitation));
    await browser.frame.at(/\/lti\/registration/);
    assert.equal(stranger.tool.clientId, clientId);
  },
);
