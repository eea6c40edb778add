// Every test, in one process: one server, one browser. A file is one subject.
import './course.test.js';
import './finish.test.js';
import './looks.test.js';
import './quiet.test.js';
import './elsewhere.test.js';
import './dev-reload.test.js';
