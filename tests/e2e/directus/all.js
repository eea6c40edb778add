// Every test against a real Directus, in this order: the configuration first, then what it makes possible.
import './configuration.test.js';
import './rights.test.js';
import './admin.test.js';
import './server.test.js';
import './forgetting.test.js';
import './migration.test.js';
import './screens.test.js';
