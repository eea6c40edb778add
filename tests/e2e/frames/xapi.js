// Whether statements are those of xAPI 1.0.3, by the models of Ralph (the learning record store of
// France Université Numérique).
import { execFile } from 'node:child_process';

const python = process.env.XAPI_PYTHON;

/** Why it cannot be told: a sentence, or undefined. */
export const xapiMissing = python ? undefined : 'XAPI_PYTHON, a Python with the package ralph-malph, is not set';

const JUDGE = `
import sys
from pydantic import ValidationError
from ralph.models.xapi.base.statements import BaseXapiStatement
for line in sys.stdin:
    try:
        BaseXapiStatement.model_validate_json(line)
    except ValidationError as error:
        print(error)
`;

/** What is wrong with statements, a line each; nothing when all is well. */
export const faultsOf = (lines) =>
  new Promise((resolve, reject) => {
    const judge = execFile(python, ['-c', JUDGE], (error, stdout) => (error ? reject(error) : resolve(stdout)));
    judge.stdin.end(lines);
  });
