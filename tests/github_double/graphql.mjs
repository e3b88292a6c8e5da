// Judge GraphQL queries by GitHub's schema: a JSON list of queries in, a JSON list of complaints out.
import { readFileSync } from "node:fs";
import { validate } from "@octokit/graphql-schema";

const queries = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(queries.flatMap((query) => validate(query).map((error) => error.message))));
