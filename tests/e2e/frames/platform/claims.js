// What an id_token says.
import { createHash, randomInt } from 'node:crypto';
import { COURSE, fullName } from './people.js';

const LTI = 'https://purl.imsglobal.org/spec/lti/claim';
const MEMBERSHIP = 'http://purl.imsglobal.org/vocab/lis/v2/membership';

export const AGS = 'https://purl.imsglobal.org/spec/lti-ags/scope';
export const NRPS = 'https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly';

const AGS_SCOPES = ['lineitem', 'lineitem.readonly', 'result.readonly', 'score'].map((name) => `${AGS}/${name}`);

// The tool's own parameters: a variable that Moodle does not know stays as it is.
const substituted = (custom = {}) =>
  Object.fromEntries(
    Object.entries(custom).map(([key, value]) => [key, value === '$CourseSection.title' ? COURSE.title : value]),
  );

const common = ({ origin, tool, name }, { user }, nonce, target) => {
  const iat = Math.floor(Date.now() / 1000);
  return {
    nonce,
    iat,
    exp: iat + 60,
    iss: origin,
    aud: tool.clientId,
    [`${LTI}/deployment_id`]: tool.deploymentId,
    [`${LTI}/target_link_uri`]: target,
    sub: user.id,
    [`${LTI}/lis`]: { person_sourcedid: user.idNumber, course_section_sourcedid: 'fra1' },
    [`${LTI}/roles`]: [`${MEMBERSHIP}#${user.isTeacher ? 'Instructor' : 'Learner'}`],
    [`${LTI}/context`]: { ...COURSE, type: ['CourseSection'] },
    given_name: user.given,
    family_name: user.family,
    name: fullName(user),
    [`${LTI}/ext`]: { user_username: user.username, lms: 'moodle-2' },
    email: user.email,
    [`${LTI}/tool_platform`]: {
      product_family_code: 'moodle',
      version: '2024100706',
      guid: createHash('md5').update(origin).digest('hex'),
      name,
      description: 'Moodle de test',
    },
    [`${LTI}/version`]: '1.3.0',
  };
};

/** Where Moodle's services are, for one tool. */
export const services = ({ origin, tool }) => {
  const all = `${origin}/mod/lti/services.php`;
  const suffix = `?type_id=${tool.deploymentId}`;
  return {
    lineItems: `${all}/${COURSE.id}/lineitems${suffix}`,
    lineItem: (id) => `${all}/${COURSE.id}/lineitems/${id}/lineitem${suffix}`,
    results: (id) => `${all}/${COURSE.id}/lineitems/${id}/lineitem/results${suffix}`,
    memberships: `${all}/CourseSection/${COURSE.id}/bindings/${tool.deploymentId}/memberships`,
  };
};

const grades = (platform, activity) => ({
  'https://purl.imsglobal.org/spec/lti-ags/claim/endpoint': {
    scope: AGS_SCOPES,
    lineitems: services(platform).lineItems,
    ...(activity?.grade && { lineitem: services(platform).lineItem(activity.id) }),
  },
});

/** The learner's or teacher's launch of an activity. */
export const launchClaims = (platform, session, nonce, { activity, isMobile }) => {
  const { origin, tool } = platform;
  const { memberships } = services(platform);
  const launch = { instanceid: activity.id, userid: session.user.id, typeid: tool.deploymentId, launchid: randomInt(2 ** 31) };
  const container = isMobile ? 5 : 3;
  return {
    ...common(platform, session, nonce, activity.url ?? tool.targetLinkUri),
    [`${LTI}/message_type`]: 'LtiResourceLinkRequest',
    [`${LTI}/resource_link`]: { title: activity.title, description: activity.text ?? '', id: activity.id },
    ...(activity.grade && {
      'https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome': {
        lis_result_sourcedid: JSON.stringify({ data: launch, hash: '…' }),
        lis_outcome_service_url: `${origin}/mod/lti/service.php`,
      },
    }),
    [`${LTI}/launch_presentation`]: {
      locale: session.user.locale,
      document_target: isMobile ? 'frame' : 'iframe',
      return_url: `${origin}/mod/lti/return.php?course=${COURSE.id}&launch_container=${container}&instanceid=${activity.id}&sesskey=${session.sesskey}`,
    },
    [`${LTI}/custom`]: { ...activity.custom, ...substituted(tool.custom), context_memberships_url: memberships },
    ...grades(platform, activity),
    'https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice': {
      context_memberships_url: memberships,
      service_versions: ['1.0', '2.0'],
    },
  };
};

/** The teacher's « Select content ». */
export const deepLinkingClaims = (platform, session, nonce) => {
  const { origin, tool } = platform;
  return {
    ...common(platform, session, nonce, tool.deepLinkingUri),
    [`${LTI}/message_type`]: 'LtiDeepLinkingRequest',
    [`${LTI}/launch_presentation`]: { locale: session.user.locale },
    [`${LTI}/custom`]: substituted(tool.custom),
    ...grades(platform),
    'https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings': {
      accept_types: ['ltiResourceLink'],
      accept_presentation_document_targets: ['frame', 'iframe', 'window'],
      accept_copy_advice: false,
      accept_multiple: true,
      accept_unsigned: false,
      auto_create: false,
      can_confirm: false,
      deep_link_return_url: `${origin}/mod/lti/contentitem_return.php?course=${COURSE.id}&id=${tool.deploymentId}&sesskey=${session.sesskey}`,
      title: tool.title,
      text: '',
    },
  };
};
