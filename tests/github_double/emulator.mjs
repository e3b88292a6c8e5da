// A stateful GitHub of other people's making: node emulator.mjs PORT
import { createEmulator } from "emulate";

const port = Number(process.argv[2]);
await createEmulator({
  service: "github",
  port,
  hostname: "127.0.0.1",
  baseUrl: `http://127.0.0.1:${port}`,
  seed: { tokens: { dev: { login: "dev", scopes: ["repo", "user"] } }, github: { users: [{ login: "dev" }] } },
});
