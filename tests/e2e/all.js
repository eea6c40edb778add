// Every test, in one process: one server, one browser. A file is one subject. No file waits for
// anything but these two, or its tests would come when the others are over, and be lost.
import './course.test.js';
import './finish.test.js';
import './looks.test.js';
import './quiet.test.js';
import './elsewhere.test.js';
import './dev-reload.test.js';
