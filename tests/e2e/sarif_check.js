// SPDX-License-Identifier: BSD-2-Clause
// Validates a SARIF file against the schema of SARIF 2.1.0 (as shipped in an npm package, see
// package.json). node sarif_check.js TOP FILE; status 1: not valid, and why.
const path = require('path');
const fs = require('fs');
const modules = path.join(process.argv[2], 'node_modules');
const Ajv = require(path.join(modules, 'ajv'));
const schema = require(path.join(modules, '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));
const ajv = new Ajv({ schemaId: 'auto', allErrors: true, meta: false, unknownFormats: 'ignore' });
ajv.addMetaSchema(require(path.join(modules, 'ajv/lib/refs/json-schema-draft-06.json')));
ajv.addMetaSchema(require(path.join(modules, 'ajv/lib/refs/json-schema-draft-07.json')));
ajv.addMetaSchema(require(path.join(modules, 'ajv/lib/refs/json-schema-draft-04.json')));
const valid = ajv.compile(schema);
if (!valid(JSON.parse(fs.readFileSync(process.argv[3], 'utf8')))) {
	for (const e of valid.errors) console.error(`${e.dataPath}: ${e.message}`);
	process.exit(1);
}
