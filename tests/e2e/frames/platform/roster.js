// NRPS: who is in the course.
import { services } from './claims.js';
import { json } from './pages.js';
import { COURSE, fullName } from './people.js';
import { service } from './token.js';

const TYPE = 'application/vnd.ims.lti-nrps.v2.membershipcontainer+json';
const PATH = new RegExp(`^/mod/lti/services\\.php/CourseSection/${COURSE.id}/bindings/\\d+/memberships$`);

// Here Moodle escapes names, in launches it does not.
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const roleOf = ({ isTeacher }) => (isTeacher ? 'Instructor' : 'Learner');

const member = (person) => ({
  status: 'Active',
  roles: [roleOf(person)],
  user_id: person.id,
  lis_person_sourcedid: person.idNumber,
  name: escaped(fullName(person)),
  given_name: escaped(person.given),
  family_name: escaped(person.family),
  email: person.email,
  ext_user_username: person.username,
});

const message = { 'https://purl.imsglobal.org/spec/lti/claim/message_type': 'LtiResourceLinkRequest' };

const list =
  (platform) =>
  ({ query }) => {
    const { memberships: id } = services(platform);
    const role = query.get('role')?.split(/[#/]/).at(-1);
    const all = platform.people.filter((person) => !role || roleOf(person) === role);
    const from = Number(query.get('from') ?? 0);
    const limit = Number(query.get('limit') ?? 0) || all.length;
    const isMore = from + limit < all.length;
    const next = `<${id}?limit=${limit}&from=${from + limit}>; rel="next"`;
    const members = all.slice(from, from + limit).map(member);
    const body = {
      id,
      context: COURSE,
      members: query.has('rlid') ? members.map((each) => ({ ...each, message: [message] })) : members,
    };
    return json(body, { type: TYPE, headers: isMore ? { link: next } : {} });
  };

export const rosterRoutes = (platform) => [['GET', PATH, service(platform, 'memberships', TYPE, list(platform))]];
