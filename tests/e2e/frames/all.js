// Every test of the site inside a frame, in one process: one site, three platforms, and a browser
// with a new profile for each test.
import './platform.test.js';
import './cookies.test.js';
import './scenario.test.js';
import './sessions.test.js';
import './places.test.js';
import './picker.test.js';
import './class.test.js';
import './registration.test.js';
