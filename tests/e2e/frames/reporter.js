import { reportAs } from '../support/reporter.js';

export default reportAs('frames');
