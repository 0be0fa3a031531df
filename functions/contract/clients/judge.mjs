// Has openapi.json judged by swagger-parser (the OpenAPI initiative's own schema) and prints what it is.
import SwaggerParser from "@apidevtools/swagger-parser";

const api = await SwaggerParser.validate(process.argv[2]);
const operations = Object.values(api.paths).flatMap((path) => Object.keys(path));
console.log(`openapi ${api.openapi}, ${operations.length} operations`);
